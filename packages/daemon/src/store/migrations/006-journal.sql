-- The journal as a log. It gives entries with a name each (the cursor), and says who sent them.

-- One row at most; positions is empty then. realtime is in microseconds.
CREATE TABLE journal_position (
  log TEXT PRIMARY KEY,
  cursor TEXT NOT NULL,
  realtime INTEGER NOT NULL
) WITHOUT ROWID;

-- Who wrote the line of a failure, where the kernel vouches for it. Apart, because a line of a file has none.
CREATE TABLE failure_senders (
  failure_id INTEGER PRIMARY KEY,
  uid INTEGER NOT NULL,
  pid INTEGER NOT NULL
);
ALTER TABLE ban_evidence ADD COLUMN line_senders TEXT NOT NULL DEFAULT '[]';
