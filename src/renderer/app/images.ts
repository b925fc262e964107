/**
 * Where pictures come from: by kind and opaque id, never by a path. The server host answers /image/..., Electron
 * photo://...; what a picture is cannot change under one id, except where a version is added.
 */
import { inElectron } from './host.ts';

export type ImageKind = 'thumb' | 'photo' | 'rendition' | 'variation' | 'face' | 'mask';

/** The address of a picture, at most `side` pixels where one is given. */
export function imageUrl(kind: ImageKind, id: string, side?: number): string {
  const path = side === undefined ? `${kind}/${id}` : `${kind}/${id}/${side}`;
  return inElectron ? `photo://${path}` : `/image/${path}`;
}

/**
 * A picture that cannot be had, of a drive that is away say, leaves its place empty instead of the browser's sign for it.
 * Returns the way out.
 */
export function hideBroken(): () => void {
  const mark = ({ type, target }: Event): void => {
    if (target instanceof HTMLImageElement) target.classList.toggle('broken', type === 'error');
  };
  // these two do not bubble
  const heard = ['error', 'load'] as const;
  for (const type of heard) addEventListener(type, mark, { capture: true });
  return () => {
    for (const type of heard) removeEventListener(type, mark, { capture: true });
  };
}
