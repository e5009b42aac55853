import type { Ban, Origin, Stats } from '@portcullis/contracts';
import { type Network, parseNetwork } from '@portcullis/core';
import type { Operations, SiteOperations } from '../operations.ts';
import type { Origins, Place } from './origins.ts';

/** A ban that began within a span of statistics. */
export interface CountedBan {
  readonly network: Network;
  readonly failures: number;
}

export interface WithOriginsParts {
  readonly origins: Pick<Origins, 'of' | 'placeOf'>;
  /** The newest bans since then with their failures, at most 1,000. */
  readonly newestBans: (query: { since: string; site?: string }) => readonly CountedBan[];
}

const topLength = 10;

/** The same operations; what they tell of addresses says where these come from. */
export function withOrigins<O extends Operations | SiteOperations>(
  operations: O,
  { origins, newestBans }: WithOriginsParts,
): O {
  const originOf = (ip: string): Origin => origins.of(parseNetwork(ip)!);
  const told = <B extends Pick<Ban, 'ip'>>(ban: B): B => ({ ...ban, ...originOf(ban.ip) });
  const { listBans, getBan, unban, stats } = operations;
  return {
    ...operations,
    listBans(query) {
      const page = listBans(query);
      return { ...page, items: page.items.map(told) };
    },
    getBan: (id) => told(getBan(id)),
    async unban(actor, ip, options) {
      const { ended } = await unban(actor, ip, options);
      return { ended: ended.map(told) };
    },
    stats(query) {
      const known = stats(query);
      const { site } = query;
      const bans = newestBans({ since: known.since, ...(site === undefined ? {} : { site }) });
      return { ...known, ...topOrigins(bans, (network) => origins.placeOf(network)) };
    },
    ...('why' in operations && {
      why(ip: string) {
        const why = operations.why(ip);
        return {
          ...why,
          ...originOf(why.ip),
          bans: why.bans.map(told),
          history: why.history.map(told),
        };
      },
      async ban(...asked: Parameters<Operations['ban']>) {
        return told(await operations.ban(...asked));
      },
    }),
  };
}

/** From where most of these bans are, by country and by network. */
export function topOrigins(
  bans: readonly CountedBan[],
  placeOf: (network: Network) => Place,
): Required<Pick<Stats, 'top_countries' | 'top_networks' | 'origins_of'>> {
  const countries = new Map<string | null, { country: string | null; bans: number; failures: number }>();
  const networks = new Map<
    number | null,
    { asn: number | null; as_name: string | null; bans: number; failures: number }
  >();
  for (const { network, failures } of bans) {
    const { country, asn, as_name } = placeOf(network);
    add(countries, country, { country }, failures);
    add(networks, asn, { asn, as_name }, failures);
  }
  return { top_countries: top(countries), top_networks: top(networks), origins_of: bans.length };
}

function add<K, T extends object>(
  tally: Map<K, T & { bans: number; failures: number }>,
  key: K,
  what: T,
  failures: number,
): void {
  const row = tally.get(key) ?? { ...what, bans: 0, failures: 0 };
  row.bans++;
  row.failures += failures;
  tally.set(key, row);
}

const top = <T extends { bans: number; failures: number }>(tally: Map<unknown, T>): T[] =>
  [...tally.values()]
    .sort((one, other) => other.bans - one.bans || other.failures - one.failures)
    .slice(0, topLength);
