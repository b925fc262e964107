/**
 * Row operations of the undo log: there and back, through JSON, and only where history may write.
 */
import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/services/db/ids.ts';
import { openDatabase } from '../../../src/services/db/open.ts';
import {
  applyOperations,
  operationsFromJson,
  operationsToJson,
} from '../../../src/services/db/operations.ts';
import type { Operation, Row } from '../../../src/services/db/operations.ts';
import { closing, contents, dataFolder, everything } from './helpers.ts';

describe('operations', () => {
  it('take a change back exactly, bytes too', () => {
    const { db } = closing(openDatabase(dataFolder()));
    db.exec(contents.join(''));
    const before = everything(db);
    const face = db.query<Row>('SELECT * FROM faces').get() ?? {};
    const embedding = db.query<Row>('SELECT * FROM face_embeddings').get() ?? {};
    const redo: Operation[] = [
      { kind: 'set', table: 'people', key: { id: 'person1' }, row: { name: 'Grandma', cover: null } },
      { kind: 'delete', table: 'anchors', key: { album: 'album1', face: 'face1' } },
      { kind: 'delete', table: 'face_rejections', key: { face: 'face1', person: 'person2' } },
      { kind: 'delete', table: 'face_embeddings', key: { face: 'face1' } },
      { kind: 'delete', table: 'faces', key: { id: 'face1' } },
    ];
    const undo: Operation[] = [
      { kind: 'put', table: 'faces', row: face },
      { kind: 'put', table: 'face_embeddings', row: embedding },
      { kind: 'put', table: 'face_rejections', row: { face: 'face1', person: 'person2' } },
      {
        kind: 'put',
        table: 'anchors',
        row: {
          album: 'album1',
          face: 'face1',
          position: 0,
          reasons: '[{"kind":"sharp","weight":1}]',
          chosen_by: 'albumen',
        },
      },
      { kind: 'set', table: 'people', key: { id: 'person1' }, row: { name: 'anna', cover: 'face1' } },
    ];
    expect(applyOperations(db, operationsFromJson(operationsToJson(redo)))).toBe(5);
    expect(db.column('SELECT count(*) FROM faces').get()).toBe(0);
    expect(applyOperations(db, operationsFromJson(operationsToJson(undo)))).toBe(5);
    expect(everything(db)).toEqual(before);
  });

  it.each<Operation>([
    { kind: 'delete', table: 'jobs', key: { id: 'x' } },
    { kind: 'delete', table: 'photos; DROP TABLE photos', key: { id: 'x' } },
    { kind: 'delete', table: 'photos', key: {} },
    { kind: 'set', table: 'photos', key: { id: 'x' }, row: { 'note = note --': 'x' } },
  ])('%j is refused', (operation) => {
    const { db } = closing(openDatabase(dataFolder()));
    expect(() => applyOperations(db, [operation])).toThrow(/^internal:/);
  });
});

describe('ids', () => {
  it('are opaque, of one form, and never the same', () => {
    const ids = Array.from({ length: 2000 }, newId);
    expect(new Set(ids).size).toBe(2000);
    for (const id of ids) expect(id).toMatch(/^[a-z2-7]{16}$/);
  });
});
