import {
  type Ban,
  type BanDetails,
  type BanQuery,
  type MassUnbanQuery,
  type Page,
  PortcullisError,
} from '@portcullis/contracts';
import { type BanRecord, hostReader, type Network, parseNetwork, type Sender } from '@portcullis/core';
import { type AddressColumn, fromColumn, lastAddress, toColumn } from './address-column.ts';
import { addressesBeginning } from './address-search.ts';
import type { BanRow, EvidenceRow } from './ban-row.ts';
import { campaignColumn, ofCampaign } from './campaigns.ts';
import type { CursorKey } from './cursor.ts';
import type { Database } from './database.ts';
import { fromInstant, instantOf } from './instant.ts';
import type { Condition, createPager } from './page.ts';
import { type ReceiptRow, readReceipt, receiptColumns, toReceipt } from './receipt-row.ts';

/** What of the evidence a list tells. */
type Summary = Pick<EvidenceRow, 'events' | 'first_failure_at' | 'last_failure_at'>;
const summary = ['events', 'first_failure_at', 'last_failure_at']
  .map((name) => `(SELECT e.${name} FROM ban_evidence e WHERE e.ban_id = b.id) AS ${name}`)
  .join(', ');

/** The campaign as the host is told of it; null or left out: none. */
interface InCampaign {
  campaign?: string | null;
}
const hostCampaign = `${campaignColumn.replace('?', `'${hostReader}'`)} AS campaign`;

export const toBan = (row: BanRow & Summary & InCampaign): Ban => ({
  id: row.id,
  ip: row.ip,
  jail: row.jail,
  since: instantOf(row.since),
  until: row.until === null ? null : instantOf(row.until),
  failures: row.failures,
  sites: JSON.parse(row.sites),
  other_sites: 0,
  users: JSON.parse(row.users),
  events: JSON.parse(row.events),
  first_failure_at: row.first_failure_at === null ? null : instantOf(row.first_failure_at),
  last_failure_at: row.last_failure_at === null ? null : instantOf(row.last_failure_at),
  times_banned: row.times_banned,
  state: row.state,
  ended_at: row.ended_at === null ? null : instantOf(row.ended_at),
  ended_by: row.ended_by,
  lifted_by: row.lifted_by,
  reason: row.reason,
  gentle: row.gentle === 1,
  ...(row.campaign == null ? {} : { campaign: row.campaign }),
});

function toBanDetails(row: BanRow & EvidenceRow & ReceiptRow & InCampaign): BanDetails {
  const ban = toBan(row);
  const { events, first_failure_at, last_failure_at } = ban;
  const lines: string[] = JSON.parse(row.lines);
  const known: (Sender | null)[] = JSON.parse(row.line_senders);
  const senders = lines.map((_, at) => known[at] ?? null);
  const receipt = readReceipt(row);
  return {
    ...ban,
    evidence: { lines, senders, events, first_failure_at, last_failure_at },
    receipt: receipt && toReceipt(receipt),
  };
}

/** Columns by the name that a query sorts with. */
const keys = {
  since: 'since',
  until: 'ends',
  failures: 'failures',
  times_banned: 'times_banned',
  ip: 'address',
} as const;
type ListRow = BanRow & Summary & { ends: number };

/** Bans that have an address in common with the network. */
export function overlapCondition(network: Network): Condition {
  const around = Array.from({ length: network.prefix }, (_, prefix) => network.widen(prefix));
  const wider =
    around.length === 0
      ? ''
      : `UNION ALL SELECT o.id FROM (VALUES ${around.map(() => '(?, ?)').join(', ')}) w
         JOIN bans o ON o.address = w.column1 AND o.prefix = w.column2`;
  return {
    sql: `b.id IN (SELECT id FROM bans WHERE address BETWEEN ? AND ? AND prefix >= ? ${wider})`,
    params: [
      toColumn(network),
      lastAddress(network),
      network.prefix,
      ...around.flatMap((wide) => [toColumn(wide), wide.prefix]),
    ],
  };
}

/** @throws PortcullisError invalid_address */
export function readNetwork(text: string): Network {
  const network = parseNetwork(text);
  if (network !== null) return network;
  throw new PortcullisError(
    'invalid_address',
    `“${text.slice(0, 100)}” is neither an address nor a network.`,
    {
      hint: 'Write 198.51.100.7, 198.51.100.0/24, 2001:db8::1 or 2001:db8::/64.',
    },
  );
}

/** The list of a site knows by itself what has ended, so that counting it needs nothing else. */
export function stateConditions({ state = 'pending,active,failed', site }: BanQuery): Condition[] {
  const states = new Set(state.split(','));
  if (states.has('all')) return [];
  const ended = states.delete('ended');
  const conditions: Condition[] = [];
  const whether =
    site === undefined ? ['b.ended_at IS NULL', 'b.ended_at NOT NULL'] : ['s.ended = 0', 's.ended = 1'];
  if (states.size === 0 || !ended) conditions.push({ sql: whether[ended ? 1 : 0]!, params: [] });
  if (states.size > 0 && states.size < 3) {
    const wanted = ended ? [...states, 'ended'] : [...states];
    conditions.push({ sql: `b.state IN (${wanted.map(() => '?').join(', ')})`, params: wanted });
  }
  return conditions;
}

/** In a LIKE pattern with `\` as escape. */
export const containing = (text: string) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;

/** Addresses that begin so; null where the text is not the beginning of one. */
export function addressCondition(text: string): Condition | null {
  const ranges = addressesBeginning(text);
  if (ranges === null) return null;
  return {
    sql: ranges.map(() => 'b.address BETWEEN ? AND ?').join(' OR ') || 'FALSE',
    params: ranges.flat(),
  };
}

function searchCondition(text: string): Condition {
  const addresses = addressCondition(text);
  if (addresses !== null) return addresses;
  const like = "LIKE ? ESCAPE '\\'";
  return {
    sql: `b.ip ${like} OR b.reason ${like} OR b.users ${like}`,
    params: [containing(text), containing(text), containing(JSON.stringify(text).slice(1, -1))],
  };
}

/** Bans that a search through the history looks at, the newest: no index knows parts of words. */
const maxSearched = 200_000;

function conditionsOf(query: BanQuery): Condition[] {
  const conditions = stateConditions(query);
  const add = (sql: string, ...params: (string | number)[]) => conditions.push({ sql, params });
  if (query.site !== undefined) add('s.site = ?', query.site);
  if (query.jail !== undefined) add('b.jail = ?', query.jail);
  if (query.ip !== undefined) conditions.push(overlapCondition(readNetwork(query.ip)));
  if (query.since !== undefined) add('b.since >= ?', fromInstant(query.since));
  if (query.until !== undefined) add('b.since <= ?', fromInstant(query.until));
  if (query.campaign !== undefined)
    conditions.push({ sql: ofCampaign, params: [hostReader, query.campaign] });
  if (query.search !== undefined && query.search !== '') {
    conditions.push(searchCondition(query.search));
    if (!conditions.some(({ sql }) => ['b.ended_at IS NULL', 's.ended = 0'].includes(sql))) {
      add('b.id > (SELECT max(id) FROM bans) - ?', maxSearched);
    }
  }
  return conditions;
}

/** Bans in force that a list by the same query would show, the latest first. @throws PortcullisError invalid_address */
export function selectBans(
  db: Database,
  { forget_history: _, ...query }: MassUnbanQuery,
): Pick<BanRecord, 'id' | 'jail' | 'network' | 'until'>[] {
  const where = conditionsOf(query);
  const from = query.site === undefined ? 'bans b' : 'ban_sites s JOIN bans b ON b.id = s.ban_id';
  const conditions = [{ sql: 'b.ended_at IS NULL', params: [] }, ...where];
  return db
    .read(() =>
      db.all<Pick<BanRow, 'id' | 'jail' | 'address' | 'prefix' | 'until'>>(
        `SELECT b.id, b.jail, b.address, b.prefix, b.until FROM ${from}
         WHERE ${conditions.map(({ sql }) => `(${sql})`).join(' AND ')} ORDER BY b.since DESC, b.id DESC`,
        ...conditions.flatMap(({ params }) => params),
      ),
    )
    .map(({ address, prefix, ...ban }) => ({ ...ban, network: fromColumn(address, prefix) }));
}

export function createBanList(
  db: Database,
  page: ReturnType<typeof createPager>,
  countInForce: () => ReadonlyMap<string, number>,
) {
  /** Sorted by `-since` when nothing else is asked. */
  function list(query: BanQuery): Page<Ban> {
    const sort = query.sort ?? '-since';
    const field = sort.replace('-', '') as keyof typeof keys;
    const ofSite = query.site !== undefined;
    const bySite = ofSite && field === 'since';
    const column = keys[field];
    const unfiltered = Object.entries(query).every(
      ([name, value]) => value === undefined || ['limit', 'cursor', 'sort'].includes(name),
    );
    const where = conditionsOf(query);
    return page<ListRow, Ban>(
      {
        from: ofSite ? 'FROM ban_sites s JOIN bans b ON b.id = s.ban_id' : 'FROM bans b',
        columns: `b.*, ${summary}, ${hostCampaign}`,
        where,
        ...(ofSite && where.every(({ sql }) => sql.startsWith('s.'))
          ? { countFrom: 'FROM ban_sites s' }
          : {}),
        key: bySite ? 's.since' : `b.${column}`,
        id: bySite ? 's.ban_id' : 'b.id',
        descending: sort.startsWith('-'),
        keyOf: (row) => keyOf(row[column]),
        keyParam: field === 'ip' ? keyParam : (key) => key,
        idOf: (row) => row.id,
        toItem: toBan,
        ...(unfiltered
          ? {
              total: () =>
                countInForce()
                  .values()
                  .reduce((sum, bans) => sum + bans, 0),
            }
          : {}),
      },
      query,
    );
  }

  const details = (sql: string, ...params: (string | number | AddressColumn)[]): BanDetails[] =>
    db
      .read(() =>
        db.all<BanRow & EvidenceRow & ReceiptRow & InCampaign>(
          `SELECT b.*, e.events, e.line_senders, e.first_failure_at, e.last_failure_at, ${receiptColumns}, ${hostCampaign}
           FROM bans b JOIN ban_evidence e ON e.ban_id = b.id WHERE ${sql}`,
          ...params,
        ),
      )
      .map(toBanDetails);

  return {
    list,
    /** @throws PortcullisError not_found */
    get(id: number): BanDetails {
      const [ban] = details('b.id = ?', id);
      if (ban !== undefined) return ban;
      throw new PortcullisError('not_found', `There is no ban ${id}.`, {
        hint: 'It may have been deleted after retention.history; `portcullis bans --all` lists those that are kept.',
      });
    },
  };
}

/** An IPv6 address stands in a cursor as its bytes in hexadecimal. */
const keyOf = (value: AddressColumn): CursorKey =>
  typeof value === 'number' ? value : Buffer.from(value).toString('hex');
const keyParam = (key: CursorKey) => (typeof key === 'number' ? key : Buffer.from(key, 'hex'));
