/**
 * What the calls on people and those on faces have in common: what they are put together from, and how they change things.
 * people.service.ts and faces.ts use it.
 */
import type { Database } from '../db/database.ts';
import type { Edit } from '../history/edit.ts';
import type { History, Tell } from '../history/history.service.ts';
import type { Keeper } from '../history/keeper.ts';
import type { LandmarksOf } from './ports.ts';

export interface PeopleParts {
  readonly db: Database;
  readonly dataFolder: string;
  readonly history: History;
  readonly keeper: Keeper;
  readonly tell: Tell;
  readonly landmarksOf: LandmarksOf;
  /** Hears of what goes wrong in the background. */
  readonly failed: (error: unknown) => void;
}

/** A change of people or faces, done and told. */
export type ChangePeople = <T>(label: string | ((made: T) => string), work: (edit: Edit) => T) => T;
