/**
 * Statements on the undo log. history.service.ts uses them; db/README.md says what the table holds.
 */
const STEP = 'id, label, done, created_at AS at';

export const historySql = {
  list: `SELECT ${STEP} FROM undo_log ORDER BY position`,
  undoable: 'SELECT id, label, undo, redo FROM undo_log WHERE done = 1 ORDER BY position DESC LIMIT 1',
  redoable: 'SELECT id, label, undo, redo FROM undo_log WHERE done = 0 ORDER BY position LIMIT 1',
  undoableLabel: 'SELECT label FROM undo_log WHERE done = 1 ORDER BY position DESC LIMIT 1',
  redoableLabel: 'SELECT label FROM undo_log WHERE done = 0 ORDER BY position LIMIT 1',
  add: `INSERT INTO undo_log (id, position, label, undo, redo, created_at)
        VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM undo_log), ?, ?, ?, ?)`,
  mark: 'UPDATE undo_log SET done = ? WHERE id = ?',
  drop: 'DELETE FROM undo_log WHERE id = ?',
  dropUndone: 'DELETE FROM undo_log WHERE done = 0',
  count: 'SELECT count(*) FROM undo_log',
  size: 'SELECT coalesce(sum(octet_length(undo) + octet_length(redo)), 0) FROM undo_log',
  oldest: `SELECT id, octet_length(undo) + octet_length(redo) AS size FROM undo_log ORDER BY position LIMIT 1`,
  withBytes: `SELECT id, undo, redo FROM undo_log WHERE instr(undo, '"$bytes"') OR instr(redo, '"$bytes"')`,
  rewrite: 'UPDATE undo_log SET undo = ?, redo = ? WHERE id = ?',
  /** Faces that a person who is gone again was suggested for; index faces_unnamed. */
  loose: `UPDATE faces SET state = 'unknown', similarity = NULL
          WHERE person IS NULL AND state IN ('suggested', 'confirmed')`,
  /** What a background job made for a person, which no step of history can bring back. */
  made: `SELECT name FROM people WHERE id = ? AND (EXISTS (SELECT 1 FROM adapters WHERE person = people.id)
         OR EXISTS (SELECT 1 FROM rendition_people WHERE person = people.id))`,
} as const;
