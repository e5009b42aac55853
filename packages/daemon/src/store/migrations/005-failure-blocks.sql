-- Failures in blocks (failure-block.ts) instead of a row each. Those that are there become blocks of up to 32.
CREATE TABLE failure_blocks (
  id INTEGER PRIMARY KEY,
  last INTEGER NOT NULL,
  oldest INTEGER NOT NULL,
  newest INTEGER NOT NULL,
  records INTEGER NOT NULL,
  -- Last, so that a scan of the others never reads the overflow pages of a long one.
  data BLOB NOT NULL
);
INSERT INTO failure_blocks
SELECT id / 32 * 32, max(id), min(time), max(time), count(*), unhex(group_concat(printf('%08X', length(rest) / 2 + 4) || rest, '' ORDER BY id))
FROM (
  SELECT id, time,
    printf('%08X%016X%08X%08X%08X', id % 32, time, site, kind, count)
    || iif(typeof(address) = 'blob', '10', '04')
    || iif(user IS NULL, '0000', printf('%04X', length(CAST(user AS BLOB)) + 1))
    || iif(typeof(address) = 'blob', hex(address), printf('%08X', address))
    || iif(user IS NULL, '', hex(user))
    || hex(line) AS rest
  FROM failures
)
GROUP BY id / 32;
DROP TABLE failures;
