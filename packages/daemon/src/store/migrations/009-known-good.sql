-- Successful logins by client and site, in different hours.
CREATE TABLE logins (
  ip TEXT NOT NULL,
  site TEXT NOT NULL,
  account TEXT NOT NULL,
  hours INTEGER NOT NULL,
  last_hour INTEGER NOT NULL,
  PRIMARY KEY (ip, site)
) STRICT, WITHOUT ROWID;

-- Bans that wait for the administrator.
CREATE TABLE holds (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  jail TEXT NOT NULL,
  ip TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  -- JSON: what it rests on, an array of ids of failures.
  failure_ids TEXT NOT NULL,
  -- JSON: failures by site, and names tried.
  sites TEXT NOT NULL,
  users TEXT NOT NULL,
  because TEXT NOT NULL,
  state TEXT NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX holds_of_ip ON holds (ip, since);
