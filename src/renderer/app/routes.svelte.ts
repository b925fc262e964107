/**
 * Where the window is: a page and its id, kept in the address (#/photo/ID) so that back, forward and reload work.
 * App.svelte shows the page; anything may go elsewhere with go().
 */
export type Route =
  | { readonly page: 'library' }
  | { readonly page: 'duplicates' }
  | { readonly page: 'photo'; readonly id: string }
  | { readonly page: 'people' }
  | { readonly page: 'person'; readonly id: string }
  | { readonly page: 'models' }
  | { readonly page: 'settings' };

class Router {
  route = $state<Route>(parse(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.route = parse(location.hash)));
  }
}

export const router = new Router();

export function href(route: Route): string {
  return 'id' in route ? `#/${route.page}/${route.id}` : `#/${route.page}`;
}

export function go(route: Route): void {
  location.hash = href(route);
}

/** An address nobody knows is the library's. */
function parse(hash: string): Route {
  const [, page, id] = hash.split('/');
  if ((page === 'photo' || page === 'person') && id !== undefined && /^[\w-]{1,64}$/.test(id))
    return { page, id };
  if (page === 'duplicates' || page === 'people' || page === 'models' || page === 'settings') return { page };
  return { page: 'library' };
}
