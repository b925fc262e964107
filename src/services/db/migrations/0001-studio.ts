/**
 * Migration 1: every table of the studio. Photos are here, people and work in 0001-work.ts; what each table means and who
 * writes it is ../README.md, how migrations are run ../migrate.ts.
 */
import { people, work } from './0001-work.ts';
import type { Migration } from './migration.ts';

/** What is on the disk of the user: library folders and the photos in them. */
const photos = `
CREATE TABLE folders (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'away', 'removed')),
  drive TEXT,
  added_at INTEGER NOT NULL,
  scanned_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE photos (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  folder TEXT NOT NULL REFERENCES folders (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  mtime INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  width INTEGER,
  height INTEGER,
  format TEXT,
  orientation INTEGER NOT NULL DEFAULT 1 CHECK (orientation BETWEEN 1 AND 8),
  captured_at INTEGER NOT NULL,
  captured_from TEXT NOT NULL CHECK (captured_from IN ('exif', 'name', 'mtime', 'hand')),
  captured_precision TEXT NOT NULL CHECK (captured_precision IN ('second', 'day', 'month', 'year')),
  own_date TEXT NOT NULL CHECK (json_valid(own_date)),
  month TEXT GENERATED ALWAYS AS (strftime('%Y-%m', captured_at / 1000, 'unixepoch')) VIRTUAL,
  camera TEXT,
  latitude REAL CHECK (latitude BETWEEN -90 AND 90),
  longitude REAL CHECK (longitude BETWEEN -180 AND 180),
  place TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
  damage TEXT,
  dhash BLOB CHECK (length(dhash) = 8),
  state TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'missing', 'removed')),
  front TEXT REFERENCES photos (id) ON DELETE SET NULL,
  paired_by TEXT CHECK (paired_by IN ('name', 'hand')),
  shown INTEGER GENERATED ALWAYS AS (front IS NULL AND state <> 'removed') VIRTUAL,
  faces_by TEXT,
  renditions INTEGER NOT NULL DEFAULT 0 CHECK (renditions >= 0),
  added_at INTEGER NOT NULL,
  UNIQUE (folder, path)
) STRICT;
CREATE INDEX photos_grid ON photos (shown, captured_at, id);
CREATE INDEX photos_folder ON photos (folder, shown, captured_at, id);
CREATE INDEX photos_rated ON photos (shown, captured_at, id, rating) WHERE rating > 0;
CREATE INDEX photos_restored ON photos (shown, captured_at, id, renditions) WHERE renditions > 0;
CREATE INDEX photos_damaged ON photos (shown, captured_at, id, damage) WHERE damage IS NOT NULL;
CREATE INDEX photos_hash ON photos (hash);
CREATE INDEX photos_dhash ON photos (dhash) WHERE dhash IS NOT NULL;
CREATE INDEX photos_front ON photos (front) WHERE front IS NOT NULL;
CREATE INDEX photos_without_faces ON photos (key) WHERE faces_by IS NULL;

CREATE TABLE photo_months (
  folder TEXT NOT NULL,
  month TEXT NOT NULL,
  photos INTEGER NOT NULL,
  PRIMARY KEY (folder, month)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER photos_month_added AFTER INSERT ON photos WHEN new.shown BEGIN
  INSERT INTO photo_months VALUES (new.folder, new.month, 1)
    ON CONFLICT (folder, month) DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER photos_month_deleted AFTER DELETE ON photos WHEN old.shown BEGIN
  UPDATE photo_months SET photos = photos - 1 WHERE folder = old.folder AND month = old.month;
  DELETE FROM photo_months WHERE folder = old.folder AND month = old.month AND photos = 0;
END;
CREATE TRIGGER photos_month_changed AFTER UPDATE OF captured_at, front, state, folder ON photos
WHEN old.shown <> new.shown OR old.month <> new.month OR old.folder <> new.folder BEGIN
  UPDATE photo_months SET photos = photos - 1 WHERE old.shown AND folder = old.folder AND month = old.month;
  DELETE FROM photo_months WHERE folder = old.folder AND month = old.month AND photos = 0;
  INSERT INTO photo_months SELECT new.folder, new.month, 1 WHERE new.shown
    ON CONFLICT (folder, month) DO UPDATE SET photos = photos + 1;
END;

CREATE TABLE thumbnails (
  hash BLOB NOT NULL,
  side INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (hash, side)
) STRICT, WITHOUT ROWID;
CREATE INDEX thumbnails_used ON thumbnails (used_at, bytes);
`;

/** The words of photos; those of people are in people, so that a new name costs one row. */
const words = `
CREATE VIRTUAL TABLE photo_search USING fts5 (
  name, place, note, dates,
  content = '', contentless_delete = 1,
  tokenize = "unicode61 remove_diacritics 2", prefix = '2 3 4'
);
CREATE VIEW photo_words AS SELECT
  key, path AS name, place, note,
  CASE WHEN captured_from = 'mtime' THEN '' ELSE strftime(
    CASE captured_precision WHEN 'year' THEN '%Y' WHEN 'month' THEN '%Y m%m %Y%m' ELSE '%Y m%m %Y%m d%d %Y%m%d' END,
    captured_at / 1000, 'unixepoch') END AS dates
FROM photos;
CREATE TRIGGER photo_words_added AFTER INSERT ON photos BEGIN
  INSERT INTO photo_search (rowid, name, place, note, dates) SELECT * FROM photo_words WHERE key = new.key;
END;
CREATE TRIGGER photo_words_changed
AFTER UPDATE OF path, place, note, captured_at, captured_from, captured_precision ON photos BEGIN
  INSERT OR REPLACE INTO photo_search (rowid, name, place, note, dates)
    SELECT * FROM photo_words WHERE key = new.key;
END;
CREATE TRIGGER photo_words_deleted AFTER DELETE ON photos BEGIN
  DELETE FROM photo_search WHERE rowid = old.key;
END;
`;

export const studio: Migration = { version: 1, name: 'studio', sql: photos + words + people + work };
