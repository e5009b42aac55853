import type { Network } from '@portcullis/core';
import { type AddressColumn, fromColumn } from './address-column.ts';
import type { Database } from './database.ts';
import { fromInstant } from './instant.ts';

/** More are not counted by origin: each is looked up on the main thread, 1,000 take 3 to 5 ms. */
const maxBans = 1_000;

interface Row {
  readonly id: number;
  readonly address: AddressColumn;
  readonly prefix: number;
  readonly since: number;
  readonly failures: number;
}

/** The newest bans since then and before `until`: of the host, or those with evidence of some sites, with these sites' failures. */
export function readNewestBans(
  db: Database,
  query: {
    readonly since: string;
    readonly until?: number | undefined;
    readonly sites?: readonly string[] | undefined;
  },
): { network: Network; failures: number }[] {
  const since = fromInstant(query.since);
  const until = query.until ?? Number.MAX_SAFE_INTEGER;
  const rows = db.read(() =>
    query.sites === undefined
      ? db.all<Row>(
          `SELECT id, address, prefix, since, failures FROM bans WHERE since >= ? AND since < ? ORDER BY since DESC LIMIT ${maxBans}`,
          since,
          until,
        )
      : query.sites.flatMap((site) => ofSite(db, site, since, until)),
  );
  const bans = new Map<number, { network: Network; failures: number }>();
  for (const { id, address, prefix, failures } of rows.sort((one, other) => other.since - one.since)) {
    const known = bans.get(id);
    if (known !== undefined) known.failures += failures;
    else if (bans.size < maxBans) bans.set(id, { network: fromColumn(address, prefix), failures });
  }
  return [...bans.values()];
}

/** One site at a time: its index has them in order, that of several together would have to be sorted. */
const ofSite = (db: Database, site: string, since: number, until: number): Row[] =>
  db.all<Row>(
    `SELECT b.id, b.address, b.prefix, s.since, s.failures FROM ban_sites s JOIN bans b ON b.id = s.ban_id
     WHERE s.site = ? AND s.since >= ? AND s.since < ? ORDER BY s.since DESC LIMIT ${maxBans}`,
    site,
    since,
    until,
  );
