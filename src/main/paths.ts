/**
 * Where everything is: Albumen's data (the same as the command line's and the browser host's), Electron's own files, and
 * the built parts beside this one. index.ts asks once.
 */
import { join } from 'node:path';
import envPaths from 'env-paths';

export interface Paths {
  /** The library: database, models, renditions. ALBUMEN_HOME names another. */
  readonly data: string;
  /** Electron's own files, where they are not to be where Electron has them. */
  readonly userData: string | undefined;
  readonly renderer: string;
  readonly preload: string;
  readonly entry: (name: 'library' | 'engine') => string;
  readonly resources: string;
}

/** `built`: the folder of the built main.ts, dist/main. */
export function pathsOf(env: NodeJS.ProcessEnv, built: string): Paths {
  const home = env['ALBUMEN_HOME'];
  const named = home !== undefined && home !== '';
  return {
    data: named ? home : envPaths('albumen', { suffix: '' }).data,
    userData: named ? join(home, 'desktop') : undefined,
    renderer: join(built, '../renderer'),
    preload: join(built, '../preload/index.cjs'),
    entry: (name) => join(built, `${name}.js`),
    resources: join(built, '../../resources'),
  };
}
