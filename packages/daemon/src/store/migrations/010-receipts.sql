-- Why each ban was decided, as data (receipts.ts). All null for bans from before this was kept.

-- The rules that decided, in the words of the contracts, each once. The key is made of the text (a part of its SHA-256), so that
-- it is the same in every copy of the database. Bounded: those used longest ago go first.
CREATE TABLE ban_rules (
  id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  used_at INTEGER NOT NULL
) STRICT;

ALTER TABLE ban_evidence ADD COLUMN rule_id INTEGER;
ALTER TABLE ban_evidence ADD COLUMN receipt TEXT;
-- The lines that decided, where they are no longer `lines`: what prolonged the ban has taken their place.
ALTER TABLE ban_evidence ADD COLUMN receipt_lines TEXT;
