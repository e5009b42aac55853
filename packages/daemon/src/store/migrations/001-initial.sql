-- Instants are epoch milliseconds. An address is an INTEGER (IPv4) or a BLOB of 16 bytes (IPv6), so that both sort in
-- numerical order and never compare equal. Where a prefix is kept, the bits behind it are zero.

CREATE TABLE positions (
  log TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  head TEXT NOT NULL,
  offset INTEGER NOT NULL
) WITHOUT ROWID;

-- Bounded: the site with the oldest last event goes first.
CREATE TABLE sites (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  events INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  first_event_at INTEGER NOT NULL,
  last_event_at INTEGER NOT NULL
);

-- No second index: it would cost a factor of six when a log is read from its beginning. `kind` packs event, channel and
-- reason (codes.ts). `line` is last, so that a scan never reads the overflow pages of a long one.
CREATE TABLE failures (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  address INTEGER NOT NULL,
  site INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  count INTEGER NOT NULL,
  user TEXT,
  line BLOB NOT NULL
);

CREATE TABLE forgotten (
  jail TEXT NOT NULL,
  address INTEGER NOT NULL,
  prefix INTEGER NOT NULL,
  failure_id INTEGER NOT NULL,
  PRIMARY KEY (jail, address, prefix)
) WITHOUT ROWID;
CREATE INDEX forgotten_failure ON forgotten (failure_id);

-- A ban is in force while ended_at is null. Each order of the list has an index for all bans and a small one for those
-- in force, so that neither a long history nor a long list slows the other down. `ip` repeats address and prefix as text, for the search.
CREATE TABLE bans (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  jail TEXT NOT NULL,
  address INTEGER NOT NULL,
  prefix INTEGER NOT NULL,
  ip TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  failures INTEGER NOT NULL,
  times_banned INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'failed', 'ended')),
  ended_at INTEGER,
  ended_by TEXT,
  reason TEXT NOT NULL,
  sites TEXT NOT NULL,
  users TEXT NOT NULL,
  -- For ever sorts behind every instant.
  ends INTEGER GENERATED ALWAYS AS (coalesce(until, 9007199254740991)) VIRTUAL,
  CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE INDEX bans_network ON bans (address, prefix, jail);
CREATE INDEX bans_since ON bans (since);
CREATE INDEX bans_ends ON bans (ends);
CREATE INDEX bans_failures ON bans (failures);
CREATE INDEX bans_times ON bans (times_banned);
CREATE INDEX bans_ended ON bans (ended_at) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX bans_in_force ON bans (address, prefix, jail) WHERE ended_at IS NULL;
CREATE INDEX bans_in_force_since ON bans (since) WHERE ended_at IS NULL;
CREATE INDEX bans_in_force_ends ON bans (ends) WHERE ended_at IS NULL;
CREATE INDEX bans_in_force_failures ON bans (failures) WHERE ended_at IS NULL;
CREATE INDEX bans_in_force_times ON bans (times_banned) WHERE ended_at IS NULL;
CREATE INDEX bans_in_force_jail ON bans (jail, since) WHERE ended_at IS NULL;

-- What only the details of a ban show. Apart, so that lists do not read over it.
CREATE TABLE ban_evidence (
  ban_id INTEGER PRIMARY KEY REFERENCES bans (id) ON DELETE CASCADE,
  events TEXT NOT NULL,
  lines TEXT NOT NULL,
  first_failure_at INTEGER,
  last_failure_at INTEGER
);

-- Which sites a ban rests on. `since` and `ended` repeat the ban's, for the list of one site.
CREATE TABLE ban_sites (
  ban_id INTEGER NOT NULL REFERENCES bans (id) ON DELETE CASCADE,
  site TEXT NOT NULL,
  failures INTEGER NOT NULL,
  since INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  PRIMARY KEY (ban_id, site)
) WITHOUT ROWID;
CREATE INDEX ban_sites_list ON ban_sites (site, ended, since, ban_id);
CREATE INDEX ban_sites_since ON ban_sites (site, since, ban_id);

CREATE TABLE allow (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ip TEXT NOT NULL UNIQUE,
  until INTEGER,
  note TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  added_by TEXT NOT NULL
);

CREATE TABLE requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  site TEXT NOT NULL,
  ip TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  note TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'declined'))
);
CREATE INDEX requests_state ON requests (state);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  ip TEXT,
  jail TEXT,
  detail TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);

-- Tallies by hour (its first instant), for the statistics. Bounded an hour; the rest is under '(other)'.
CREATE TABLE failure_hours (
  hour INTEGER NOT NULL,
  site TEXT NOT NULL,
  event INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (hour, site, event)
) WITHOUT ROWID;
CREATE TABLE user_hours (
  hour INTEGER NOT NULL,
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (hour, site, user)
) WITHOUT ROWID;
-- A ban counts once at every site that it rests on, and once under the hour itself.
CREATE TABLE ban_hours (
  hour INTEGER PRIMARY KEY,
  bans INTEGER NOT NULL
);
CREATE TABLE ban_site_hours (
  hour INTEGER NOT NULL,
  site TEXT NOT NULL,
  bans INTEGER NOT NULL,
  PRIMARY KEY (hour, site)
) WITHOUT ROWID;
