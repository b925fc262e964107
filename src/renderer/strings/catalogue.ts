/**
 * The catalogue of the window: what every page says, each feature's part in a file of its own.
 * index.ts reads it; a translation is another object of the same keys.
 */
import { enDamage } from './en-damage.ts';
import { enExport } from './en-export.ts';
import { enJobs } from './en-jobs.ts';
import { enLibrary } from './en-library.ts';
import { enModels } from './en-models.ts';
import { enPeople } from './en-people.ts';
import { enRestore } from './en-restore.ts';
import { enSettings } from './en-settings.ts';
import { en } from './en.ts';

export const catalogue = {
  ...en,
  ...enDamage,
  ...enExport,
  ...enJobs,
  ...enLibrary,
  ...enModels,
  ...enPeople,
  ...enRestore,
  ...enSettings,
} as const;
