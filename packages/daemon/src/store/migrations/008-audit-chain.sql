-- The audit log as a chain: each entry's hash covers the hash of the entry before it (audit-chain.ts).
ALTER TABLE audit ADD COLUMN hash BLOB;

-- Up to where the log was pruned, and the hash that its next entry goes on from.
CREATE TABLE audit_anchors (
  through INTEGER PRIMARY KEY,
  hash BLOB NOT NULL,
  at INTEGER NOT NULL
);

-- What is there already is chained as it stands.
CREATE TEMP TABLE audit_order AS SELECT row_number() OVER (ORDER BY id) AS place, id AS entry FROM audit;
CREATE UNIQUE INDEX temp.audit_place ON audit_order (place);
CREATE TEMP TABLE audit_chain AS
WITH RECURSIVE chain (place, entry, hash) AS (
  SELECT place, entry, audit_hash(zeroblob(32), id, at, actor, action, ip, jail, detail)
  FROM audit_order JOIN audit ON id = entry WHERE place = 1
  UNION ALL
  SELECT o.place, o.entry, audit_hash(chain.hash, a.id, a.at, a.actor, a.action, a.ip, a.jail, a.detail)
  FROM chain JOIN audit_order o ON o.place = chain.place + 1 JOIN audit a ON a.id = o.entry
)
SELECT entry, hash FROM chain;
UPDATE audit SET hash = c.hash FROM audit_chain c WHERE c.entry = audit.id;
DROP TABLE audit_chain;
DROP TABLE audit_order;

-- 1: the ban no longer makes the next one longer.
ALTER TABLE bans ADD COLUMN forgiven INTEGER NOT NULL DEFAULT 0;
