/**
 * The part of migration 1 that is about people and work: faces, albums, adapters, jobs, renditions, exports, history,
 * settings. 0001-studio.ts has photos and puts both together.
 */

export const people = `
CREATE TABLE people (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  birth_year INTEGER,
  hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
  cover TEXT REFERENCES faces (id) ON DELETE SET NULL,
  note TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX people_name ON people (name);
CREATE INDEX people_cover ON people (cover) WHERE cover IS NOT NULL;

CREATE TABLE faces (
  id TEXT PRIMARY KEY,
  photo TEXT NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
  captured_at INTEGER NOT NULL DEFAULT 0,
  shown INTEGER NOT NULL DEFAULT 1,
  box TEXT NOT NULL CHECK (json_valid(box)),
  landmarks TEXT NOT NULL CHECK (json_valid(landmarks)),
  score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
  by_hand INTEGER NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1)),
  sharpness REAL,
  frontal REAL,
  state TEXT NOT NULL DEFAULT 'unknown' CHECK (state IN ('unknown', 'suggested', 'confirmed', 'ignored')),
  person TEXT REFERENCES people (id) ON DELETE SET NULL,
  similarity REAL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX faces_photo ON faces (photo);
CREATE INDEX faces_person ON faces (person, state, shown, captured_at, photo) WHERE person IS NOT NULL;
CREATE INDEX faces_unnamed ON faces (state, shown, captured_at, id, person) WHERE person IS NULL;

CREATE TRIGGER faces_follow AFTER INSERT ON faces WHEN EXISTS (SELECT 1 FROM photos WHERE id = new.photo) BEGIN
  UPDATE faces SET (captured_at, shown) = (SELECT captured_at, shown FROM photos WHERE id = new.photo)
    WHERE id = new.id;
END;
CREATE TRIGGER photos_lead AFTER UPDATE OF captured_at, front, state ON photos
WHEN old.captured_at <> new.captured_at OR old.shown <> new.shown BEGIN
  UPDATE faces SET captured_at = new.captured_at, shown = new.shown WHERE photo = new.id;
END;

CREATE TABLE face_embeddings (
  face TEXT PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
  made_by TEXT NOT NULL,
  "values" BLOB NOT NULL
) STRICT;
CREATE INDEX face_embeddings_by ON face_embeddings (face, made_by);

CREATE TABLE face_rejections (
  face TEXT NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (face, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX face_rejections_person ON face_rejections (person);

CREATE TABLE albums (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('personal', 'generative')),
  person TEXT UNIQUE REFERENCES people (id) ON DELETE CASCADE,
  photo TEXT REFERENCES photos (id) ON DELETE SET NULL,
  file TEXT,
  created_at INTEGER NOT NULL,
  CHECK ((kind = 'personal') = (person IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX albums_photo ON albums (photo) WHERE photo IS NOT NULL;

CREATE TABLE anchors (
  album TEXT NOT NULL REFERENCES albums (id) ON DELETE CASCADE,
  face TEXT NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  reasons TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(reasons)),
  chosen_by TEXT NOT NULL CHECK (chosen_by IN ('albumen', 'you')),
  PRIMARY KEY (album, face)
) STRICT, WITHOUT ROWID;
CREATE INDEX anchors_face ON anchors (face);

CREATE TABLE adapters (
  id TEXT PRIMARY KEY,
  person TEXT REFERENCES people (id) ON DELETE CASCADE,
  album TEXT REFERENCES albums (id) ON DELETE SET NULL,
  job TEXT,
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  weights TEXT NOT NULL CHECK (weights IN ('adapter', 'full')),
  base TEXT NOT NULL,
  base_sha256 TEXT NOT NULL,
  recipe TEXT NOT NULL CHECK (json_valid(recipe)),
  photos INTEGER NOT NULL,
  steps INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  curve TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(curve)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX adapters_person ON adapters (person);
CREATE INDEX adapters_album ON adapters (album);
`;

export const work = `
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('scan', 'faces', 'restore', 'finetune', 'album', 'export')),
  state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'aside')),
  title TEXT NOT NULL,
  photo TEXT REFERENCES photos (id) ON DELETE SET NULL,
  person TEXT REFERENCES people (id) ON DELETE SET NULL,
  payload TEXT NOT NULL CHECK (json_valid(payload)),
  result TEXT CHECK (json_valid(result)),
  error TEXT CHECK (json_valid(error)),
  priority INTEGER NOT NULL DEFAULT 0,
  position REAL NOT NULL,
  progress TEXT CHECK (json_valid(progress)),
  wanted TEXT CHECK (wanted IN ('pause', 'cancel')),
  run INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  owner TEXT,
  lease_until INTEGER,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  cleared INTEGER NOT NULL DEFAULT 0 CHECK (cleared IN (0, 1))
) STRICT;
CREATE INDEX jobs_queue ON jobs (state, priority DESC, position);
CREATE INDEX jobs_created ON jobs (created_at);
CREATE INDEX jobs_photo ON jobs (photo) WHERE photo IS NOT NULL;
CREATE INDEX jobs_person ON jobs (person) WHERE person IS NOT NULL;

CREATE TABLE renditions (
  id TEXT PRIMARY KEY,
  photo TEXT NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
  job TEXT REFERENCES jobs (id) ON DELETE SET NULL,
  ordinal INTEGER NOT NULL DEFAULT 0,
  file TEXT NOT NULL,
  variation TEXT,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  recipe TEXT NOT NULL CHECK (json_valid(recipe)),
  evidence TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(evidence)),
  chosen INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1)),
  rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
  note TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  deleted_at INTEGER,
  UNIQUE (job, ordinal)
) STRICT;
CREATE INDEX renditions_photo ON renditions (photo, created_at);
CREATE UNIQUE INDEX renditions_chosen ON renditions (photo) WHERE chosen = 1;
CREATE INDEX renditions_deleted ON renditions (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TRIGGER renditions_counted AFTER INSERT ON renditions WHEN new.deleted_at IS NULL BEGIN
  UPDATE photos SET renditions = renditions + 1 WHERE id = new.photo;
END;
CREATE TRIGGER renditions_uncounted AFTER DELETE ON renditions WHEN old.deleted_at IS NULL BEGIN
  UPDATE photos SET renditions = renditions - 1 WHERE id = old.photo;
END;
CREATE TRIGGER renditions_binned AFTER UPDATE OF deleted_at ON renditions
WHEN (old.deleted_at IS NULL) <> (new.deleted_at IS NULL) BEGIN
  UPDATE photos SET renditions = renditions + iif(new.deleted_at IS NULL, 1, -1) WHERE id = new.photo;
END;

CREATE TABLE rendition_people (
  rendition TEXT NOT NULL REFERENCES renditions (id) ON DELETE CASCADE,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (rendition, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX rendition_people_person ON rendition_people (person);

CREATE TABLE export_presets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  form TEXT NOT NULL CHECK (json_valid(form)),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE export_targets (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE exports (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  photo TEXT REFERENCES photos (id) ON DELETE SET NULL,
  rendition TEXT REFERENCES renditions (id) ON DELETE SET NULL,
  path TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'written', 'skipped', 'failed')),
  bytes INTEGER,
  error TEXT CHECK (json_valid(error)),
  written_at INTEGER,
  PRIMARY KEY (job, position)
) STRICT;
CREATE INDEX exports_photo ON exports (photo) WHERE photo IS NOT NULL;
CREATE INDEX exports_rendition ON exports (rendition) WHERE rendition IS NOT NULL;

CREATE TABLE undo_log (
  id TEXT PRIMARY KEY,
  position INTEGER NOT NULL UNIQUE,
  label TEXT NOT NULL,
  undo TEXT NOT NULL CHECK (json_valid(undo)),
  redo TEXT NOT NULL CHECK (json_valid(redo)),
  done INTEGER NOT NULL DEFAULT 1 CHECK (done IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;
`;
