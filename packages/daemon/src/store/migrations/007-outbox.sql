-- Reports that wait for their delivery, a row for each destination that is told. A ban's text is not here: `ban_id` names it.
-- `event` is the JSON of everything else; a row of kind `digested` holds the tally of bans that were too many to wait.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  ban_id INTEGER,
  event TEXT
);
CREATE INDEX outbox_waiting ON outbox (destination, kind, id);

-- When each kind was last delivered, so that a restart does not begin anew.
CREATE TABLE delivered (
  destination TEXT NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (destination, kind)
) WITHOUT ROWID;
