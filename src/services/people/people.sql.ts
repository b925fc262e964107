/**
 * Statements on people and their faces. Each follows an index of faces; test/services/people/plans.test.ts holds them to
 * it. The services beside this file use them.
 */
const FACE = `f.id, f.photo, f.box, f.landmarks, f.score, f.by_hand AS byHand, f.state, f.person, f.similarity`;

/** The photos of a person are beside each other in faces_person, so that counting them sorts nothing. */
const PERSON = `p.id, p.name, p.birth_year AS birthYear, p.hidden, p.cover,
  (SELECT count(*) FROM (SELECT 1 FROM faces f WHERE f.person = p.id AND f.state = 'confirmed'
                         AND f.shown = 1 GROUP BY f.captured_at, f.photo)) AS photos,
  (SELECT count(*) FROM faces f WHERE f.person = p.id AND f.state = 'suggested'
   AND f.shown = 1) AS suggestions,
  (SELECT count(*) FROM albums a JOIN anchors n ON n.album = a.id WHERE a.person = p.id) AS anchors,
  (SELECT count(*) FROM adapters d WHERE d.person = p.id) AS adapters`;

/** Faces in photos that are shown: not of a removed folder, not of the back of a print. */
const OF = `FROM faces f WHERE f.person = ? AND f.state = ? AND f.shown = 1`;
const UNNAMED = `FROM faces f WHERE f.person IS NULL AND f.state = 'unknown' AND f.shown = 1`;

export const peopleSql = {
  list: `SELECT ${PERSON} FROM people p`,
  get: `SELECT ${PERSON} FROM people p WHERE p.id = ?`,
  name: 'SELECT name FROM people WHERE id = ?',

  faces: `SELECT ${FACE} FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value ORDER BY j.key`,
  inPhoto: `SELECT ${FACE} FROM faces f WHERE f.photo = ? ORDER BY json_extract(f.box, '$.left'), f.id`,
  count: `SELECT count(*) ${OF}`,
  /** Newest first. */
  confirmed: `SELECT ${FACE} FROM (SELECT f.rowid AS r ${OF}
       ORDER BY f.captured_at DESC, f.photo DESC, f.rowid DESC LIMIT ? OFFSET ?) s
     CROSS JOIN faces f ON f.rowid = s.r ORDER BY f.captured_at DESC, f.photo DESC, f.rowid DESC`,
  /** Most alike first. */
  suggested: `SELECT ${FACE} ${OF} ORDER BY f.similarity DESC, f.id LIMIT ? OFFSET ?`,
  countUnnamed: `SELECT count(*) ${UNNAMED}`,
  unnamed: `SELECT ${FACE} ${UNNAMED} ORDER BY f.captured_at DESC, f.id DESC LIMIT ? OFFSET ?`,
  unnamedAmong: `SELECT f.id FROM json_each(?) j CROSS JOIN faces f ON f.id = j.value
                 WHERE f.person IS NULL AND f.state = 'unknown' AND f.shown = 1`,
  unnamedIds: `SELECT f.id ${UNNAMED} ORDER BY f.captured_at DESC, f.id DESC`,

  idsOf: `SELECT id FROM faces WHERE person = ?`,
  idsOfState: 'SELECT id FROM faces WHERE person = ? AND state = ?',
  rejected: 'SELECT face FROM face_rejections WHERE person = ?',
  rejections: 'SELECT person FROM face_rejections WHERE face = ?',
  anchorsOfFaces: `SELECT n.album, n.face, a.person FROM json_each(?) j CROSS JOIN anchors n ON n.face = j.value
                   JOIN albums a ON a.id = n.album`,
  covers: `SELECT p.id, p.cover FROM json_each(?) j CROSS JOIN people p ON p.cover = j.value`,
  albumOf: 'SELECT id FROM albums WHERE person = ?',
  anchors: 'SELECT face FROM anchors WHERE album = ?',
  adaptersOf: 'SELECT id, file, bytes FROM adapters WHERE person = ?',
  adaptersOfAlbum: 'SELECT id FROM adapters WHERE album = ?',
  jobsOf: 'SELECT id FROM jobs WHERE person = ?',
  renditionsOf: 'SELECT rendition FROM rendition_people WHERE person = ?',
  embedded: 'SELECT count(*) FROM faces f CROSS JOIN face_embeddings e ON e.face = f.id WHERE f.person = ?',
  forgetEmbeddings: 'DELETE FROM face_embeddings WHERE face IN (SELECT id FROM faces WHERE person = ?)',
} as const;
