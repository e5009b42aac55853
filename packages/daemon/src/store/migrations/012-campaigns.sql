-- Campaigns by whose lines they were recognised from (`reader`): empty for the host, or a site, a name of it, a channel.

-- Those that were told: they are neither told again after a restart, nor forgotten to be told when they are over.
CREATE TABLE campaigns (
  reader TEXT NOT NULL,
  id TEXT NOT NULL,
  since INTEGER NOT NULL,
  -- JSON: what its addresses have in common, by which a later run knows it again.
  marks TEXT NOT NULL,
  -- JSON: what is told of it.
  told TEXT NOT NULL,
  lasting INTEGER NOT NULL,
  PRIMARY KEY (reader, id)
) STRICT, WITHOUT ROWID;

-- Bans of addresses that take part.
CREATE TABLE ban_campaigns (
  ban_id INTEGER NOT NULL REFERENCES bans (id) ON DELETE CASCADE,
  reader TEXT NOT NULL,
  campaign TEXT NOT NULL,
  PRIMARY KEY (ban_id, reader)
) STRICT, WITHOUT ROWID;
CREATE INDEX ban_campaigns_of ON ban_campaigns (reader, campaign);
