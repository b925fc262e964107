/**
 * Statements on albums, anchors and adapters. albums.service.ts uses them; db/README.md says what the tables hold.
 */
const CANDIDATE = `f.id AS face, f.photo, hex(p.hash) AS hash, f.box, f.sharpness, f.frontal, f.score,
  f.by_hand AS byHand, iif(p.captured_from = 'mtime', NULL, p.captured_at) AS captured, e."values" AS embedding`;

export const albumsSql = {
  albumId: 'SELECT id FROM albums WHERE person = ?',
  anchorFaces: 'SELECT face FROM anchors WHERE album = ?',
  anchors: `SELECT n.face, f.photo, n.position, n.chosen_by AS chosenBy, n.reasons, f.box, f.sharpness
            FROM albums a JOIN anchors n ON n.album = a.id JOIN faces f ON f.id = n.face
            WHERE a.person = ? ORDER BY n.position, n.face`,
  theirs: `SELECT f.id FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value
           WHERE f.person = ? AND f.state = 'confirmed'`,
  candidates: `SELECT ${CANDIDATE} FROM faces f CROSS JOIN photos p ON p.id = f.photo
               LEFT JOIN face_embeddings e ON e.face = f.id
               WHERE f.person = ? AND f.state = 'confirmed' AND p.state <> 'removed'`,
  candidatesAmong: `SELECT ${CANDIDATE} FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value
                    CROSS JOIN photos p ON p.id = f.photo LEFT JOIN face_embeddings e ON e.face = f.id
                    WHERE f.person = ? AND f.state = 'confirmed'`,
  /** A date that is not only the file's. */
  knownDate: `SELECT captured_at FROM photos WHERE id = ? AND captured_from <> 'mtime'`,
  adapters: `SELECT id, person, recipe, weights, base, photos, steps, bytes, created_at AS created, curve
             FROM adapters WHERE person = ? ORDER BY created_at DESC, id`,
  adapterKnown: 'SELECT id FROM adapters WHERE id = ? OR job = ?',
  addAdapter: `INSERT INTO adapters (id, person, album, job, file, sha256, weights, base, base_sha256, recipe, photos,
                 steps, bytes, curve, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
} as const;
