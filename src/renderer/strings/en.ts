/**
 * Every sentence of the window in English: the catalogue other languages are translated from. Keys are
 * place.what; {name} is filled in, and a text that counts has a form for one and for other numbers.
 */
export const en = {
  'app.name': 'Albumen',
  'app.skip': 'Skip to the content',
  'app.connecting': 'Connecting…',
  'app.disconnected': 'The connection to Albumen was lost. Trying again…',
  'app.reload': 'Reload',
  'app.messages': 'Messages',
  'app.pageFailed': 'This page could not be loaded. Reload the window.',
  'app.unreachable': 'Albumen cannot be reached. Start it again with: npm run serve',
  'nav.label': 'Main',
  'nav.library': 'Library',
  'nav.people': 'People',
  'nav.models': 'Models',
  'nav.settings': 'Settings',
  'nav.jobs': 'Jobs',
  'common.cancel': 'Cancel',
  'common.close': 'Close',
  'common.dismiss': 'Dismiss',
  'common.delete': 'Delete',
  'common.undo': 'Undo',
  'common.redo': 'Redo',
  'common.save': 'Save',
  'common.retry': 'Try again',
  'common.more': 'More',
  'common.loading': 'Loading…',
  'common.photos': { one: '{n} photo', other: '{n} photos' },
  'common.faces': { one: '{n} face', other: '{n} faces' },
  'common.undone': 'Undone: {what}',
  'common.redone': 'Done again: {what}',
} as const satisfies Record<string, string | Counted>;

/** Forms by Intl.PluralRules; `other` is the one every language has. */
export interface Counted {
  readonly one: string;
  readonly other: string;
}
