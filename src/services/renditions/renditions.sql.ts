/**
 * Statements on renditions. renditions.service.ts uses them; db/README.md says what the table holds.
 */
const RENDITION = `r.id, r.photo, r.job, r.created_at AS created, r.width, r.height, r.bytes, r.recipe, r.evidence,
  r.variation IS NOT NULL AS hasVariation, r.chosen, r.rating, r.note,
  (SELECT json_group_array(person) FROM rendition_people WHERE rendition = r.id) AS people`;

export const renditionsSql = {
  /** Newest first. */
  of: `SELECT ${RENDITION} FROM renditions r WHERE r.photo = ? AND r.deleted_at IS NULL
       ORDER BY r.created_at DESC, r.ordinal, r.id`,
  get: `SELECT ${RENDITION} FROM renditions r WHERE r.id = ? AND r.deleted_at IS NULL`,
  recipe: 'SELECT recipe FROM renditions WHERE id = ? AND deleted_at IS NULL',
  file: 'SELECT file, variation FROM renditions WHERE id = ? AND deleted_at IS NULL',
  chosenOf: 'SELECT id FROM renditions WHERE photo = ? AND chosen = 1',
  photoOf: 'SELECT photo FROM renditions WHERE id = ? AND deleted_at IS NULL',
  photo: 'SELECT 1 FROM photos WHERE id = ?',
  ofJob: 'SELECT id FROM renditions WHERE job = ? AND ordinal = ?',
  add: `INSERT INTO renditions (id, photo, job, ordinal, file, variation, sha256, bytes, width, height, recipe, evidence,
          chosen, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  addPerson:
    'INSERT OR IGNORE INTO rendition_people (rendition, person) SELECT ?, id FROM people WHERE id = ?',
  binned:
    'SELECT id, file, variation, bytes FROM renditions WHERE deleted_at IS NOT NULL AND deleted_at <= ?',
  remove: 'DELETE FROM renditions WHERE id = ? AND deleted_at IS NOT NULL',
  /** Candidates of one job share the map of what was invented. */
  named:
    'SELECT 1 FROM renditions WHERE job IS (SELECT job FROM renditions WHERE id = ?) AND id <> ? AND (file = ? OR variation = ?)',
  files: 'SELECT file FROM renditions UNION ALL SELECT variation FROM renditions WHERE variation IS NOT NULL',
} as const;
