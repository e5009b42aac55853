-- For which sub-site of a network a request or an entry of the allow list is; empty: for the whole site.

ALTER TABLE requests ADD COLUMN sub_site TEXT NOT NULL DEFAULT '';

CREATE TABLE allowed (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ip TEXT NOT NULL,
  until INTEGER,
  note TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  added_by TEXT NOT NULL,
  site TEXT NOT NULL,
  sub_site TEXT NOT NULL,
  UNIQUE (ip, site, sub_site)
);
INSERT INTO allowed SELECT id, ip, until, note, added_at, added_by, site, '' FROM allow;
DELETE FROM sqlite_sequence WHERE name = 'allowed';
INSERT INTO sqlite_sequence SELECT 'allowed', seq FROM sqlite_sequence WHERE name = 'allow';
DROP TABLE allow;
ALTER TABLE allowed RENAME TO allow;
