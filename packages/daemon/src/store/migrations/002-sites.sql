-- Registered sites: what of a ban, a request or an entry of the allow list is whose.

-- What each site itself has against an address. Lines are kept once, with the site that each names beside them.
ALTER TABLE ban_sites ADD COLUMN events TEXT NOT NULL DEFAULT '{}';
ALTER TABLE ban_sites ADD COLUMN users TEXT NOT NULL DEFAULT '[]';
ALTER TABLE ban_sites ADD COLUMN first_failure_at INTEGER;
ALTER TABLE ban_sites ADD COLUMN last_failure_at INTEGER;
ALTER TABLE ban_evidence ADD COLUMN line_sites TEXT NOT NULL DEFAULT '[]';

-- 1 where a person decided on the ban or changed it: then it is no site's to lift.
ALTER TABLE bans ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;

-- An address can be allowed for the whole host (site is empty) and for single sites besides.
CREATE TABLE allowed (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ip TEXT NOT NULL,
  until INTEGER,
  note TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  added_by TEXT NOT NULL,
  site TEXT NOT NULL,
  UNIQUE (ip, site)
);
INSERT INTO allowed SELECT id, ip, until, note, added_at, added_by, '' FROM allow;
DELETE FROM sqlite_sequence WHERE name = 'allowed';
INSERT INTO sqlite_sequence SELECT 'allowed', seq FROM sqlite_sequence WHERE name = 'allow';
DROP TABLE allow;
ALTER TABLE allowed RENAME TO allow;

CREATE INDEX requests_site ON requests (site, state, ip);
CREATE INDEX audit_actor ON audit (actor, id);

-- Sites that `portcullis site add` registered; the configuration's are not here.
CREATE TABLE registrations (
  id TEXT PRIMARY KEY,
  domains TEXT NOT NULL,
  user TEXT,
  mode TEXT NOT NULL CHECK (mode IN ('isolated', 'shared')),
  rights TEXT NOT NULL,
  wp TEXT,
  added_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The SHA-256 of each site's token, of the configuration's sites, too.
CREATE TABLE tokens (
  site TEXT PRIMARY KEY,
  hash BLOB NOT NULL,
  issued_at INTEGER NOT NULL
) WITHOUT ROWID;
