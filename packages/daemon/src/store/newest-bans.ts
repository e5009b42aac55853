import type { Network } from '@portcullis/core';
import { type AddressColumn, fromColumn } from './address-column.ts';
import type { Database } from './database.ts';
import { fromInstant } from './instant.ts';

/** More are not counted by origin: each is looked up on the main thread, 2,000 take some 5 ms. */
const maxBans = 2_000;

interface Row {
  readonly id: number;
  readonly address: AddressColumn;
  readonly prefix: number;
  readonly failures: number;
}

/** The newest bans since then: of the host, or those with evidence of some sites, with these sites' failures. */
export function readNewestBans(
  db: Database,
  query: { readonly since: string; readonly sites?: readonly string[] | undefined },
): { network: Network; failures: number }[] {
  const since = fromInstant(query.since);
  const rows = db.read(() =>
    query.sites === undefined
      ? db.all<Row>(
          `SELECT id, address, prefix, failures FROM bans WHERE since >= ? ORDER BY since DESC LIMIT ${maxBans}`,
          since,
        )
      : db.all<Row>(
          `SELECT b.id, b.address, b.prefix, s.failures FROM ban_sites s JOIN bans b ON b.id = s.ban_id
           WHERE s.site IN (SELECT value FROM json_each(?)) AND s.since >= ? ORDER BY s.since DESC LIMIT ${maxBans}`,
          JSON.stringify(query.sites),
          since,
        ),
  );
  const bans = new Map<number, { network: Network; failures: number }>();
  for (const { id, address, prefix, failures } of rows) {
    const ban = bans.get(id) ?? { network: fromColumn(address, prefix), failures: 0 };
    ban.failures += failures;
    bans.set(id, ban);
  }
  return [...bans.values()];
}
