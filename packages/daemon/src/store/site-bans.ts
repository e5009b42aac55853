import type { Ban, BanDetails } from '@portcullis/contracts';
import { maxEvidenceUsers, type SitePart, siteActor } from '@portcullis/core';
import type { BanRow } from './ban-row.ts';
import { campaignColumn } from './campaigns.ts';
import type { Database } from './database.ts';
import { instantOf } from './instant.ts';
import type { createKeptCounts } from './kept-counts.ts';

/** Whose eyes: a registered site or a sub-site, and the names in the log that are its own. */
export interface Viewer extends SitePart {
  /** At least one. */
  readonly names: readonly string[];
}

/** The part of a ban that is of the ban itself, not of anybody's evidence. */
export type CommonRow = Pick<
  BanRow,
  | 'id'
  | 'jail'
  | 'address'
  | 'prefix'
  | 'ip'
  | 'since'
  | 'until'
  | 'state'
  | 'ended_at'
  | 'ended_by'
  | 'lifted_by'
> & { reason: string; by_hand: number };
export const commonColumns =
  'b.id, b.jail, b.address, b.prefix, b.ip, b.since, b.until, b.state, b.ended_at, b.ended_by, b.lifted_by, b.reason, b.by_hand';

interface OwnRow {
  site: string;
  failures: number;
  users: string;
  events: string;
  first_failure_at: number | null;
  last_failure_at: number | null;
}

/** The only words of a stored reason that a site is told: those that the daemon itself wrote of the site's own evidence. */
const rule =
  /^[0-9]+ failures (?:at one instant|within [0-9]+ (?:s|min|h)); [a-z0-9-]+ allows [0-9]+ in [0-9smhdw]+/;

/** Whether ended: 0 no, 1 yes, null either. */
export type Ended = 0 | 1 | null;

/** A name of the site; the parameter is a JSON array of its names. */
export const owned = 'IN (SELECT value FROM json_each(?))';
export const rowsOf = (ended: Ended) =>
  `FROM ban_sites WHERE site ${owned}${ended === null ? '' : ` AND ended = ${ended}`}`;

/**
 * Bans as one site sees them: those with evidence under one of its names. What it is told is put together from its own
 * evidence; of others it learns how many there are.
 */
export function createSiteBans(db: Database, count: ReturnType<typeof createKeptCounts>) {
  function toBan(row: CommonRow, viewer: Viewer): Ban {
    const names = JSON.stringify(viewer.names);
    const own = db.all<OwnRow>(
      `SELECT site, failures, users, events, first_failure_at, last_failure_at FROM ban_sites
       WHERE ban_id = ? AND site ${owned} ORDER BY last_failure_at DESC, site`,
      row.id,
      names,
    );
    const sites = db.get<{ sites: number }>(
      'SELECT count(*) AS sites FROM ban_sites WHERE ban_id = ?',
      row.id,
    )!.sites;
    const times = db.get<{ times: number }>(
      `SELECT count(*) AS times FROM bans o WHERE o.address = ? AND o.prefix = ? AND o.jail = ? AND o.id <= ?
         AND EXISTS (SELECT 1 FROM ban_sites s WHERE s.ban_id = o.id AND s.site ${owned})`,
      row.address,
      row.prefix,
      row.jail,
      row.id,
      names,
    )!.times;
    const failures = own.reduce((sum, one) => sum + one.failures, 0);
    const { campaign } = db.get<{ campaign: string | null }>(
      `SELECT ${campaignColumn} AS campaign FROM bans b WHERE b.id = ?`,
      siteActor(viewer),
      row.id,
    )!;
    return {
      id: row.id,
      ip: row.ip,
      jail: row.jail,
      since: instantOf(row.since),
      until: row.until === null ? null : instantOf(row.until),
      failures,
      sites: Object.fromEntries(own.map((one) => [one.site, one.failures])),
      other_sites: sites - own.length,
      users: [...new Set(own.flatMap(({ users }) => JSON.parse(users) as string[]))].slice(
        0,
        maxEvidenceUsers,
      ),
      ...summaryOf(own),
      times_banned: times,
      state: row.state,
      ended_at: row.ended_at === null ? null : instantOf(row.ended_at),
      ended_by: row.ended_by,
      lifted_by: lifterFor(viewer, row.lifted_by),
      reason: reasonOf(row, failures, sites - own.length),
      ...(campaign === null ? {} : { campaign }),
    };
  }

  function details(row: CommonRow, viewer: Viewer): BanDetails {
    const ban = toBan(row, viewer);
    const { events, first_failure_at, last_failure_at } = ban;
    // Lines and the sites that they name are two lists side by side: SQLite hands out the lines that are the site's own.
    const lines = db.all<{ line: string }>(
      `SELECT l.value AS line FROM ban_evidence e, json_each(e.lines) l, json_each(e.line_sites) s
       WHERE e.ban_id = ? AND s.key = l.key AND s.value ${owned} ORDER BY l.key`,
      row.id,
      JSON.stringify(viewer.names),
    );
    return {
      ...ban,
      evidence: {
        lines: lines.map(({ line }) => line),
        // A uid that is not the site's own would tell of another tenant.
        senders: lines.map(() => null),
        events,
        first_failure_at,
        last_failure_at,
      },
    };
  }

  /** The ban, if the site has evidence in it. */
  function find(viewer: Viewer, id: number): BanDetails | undefined {
    return db.read(() => {
      const row = db.get<CommonRow>(
        `SELECT ${commonColumns} FROM bans b
         WHERE b.id = ? AND EXISTS (SELECT 1 FROM ban_sites s WHERE s.ban_id = b.id AND s.site ${owned})`,
        id,
        JSON.stringify(viewer.names),
      );
      return row && details(row, viewer);
    });
  }

  /** Bans with evidence under some names, at least one. */
  const countOf = (names: readonly string[], ended: Ended): number =>
    db.read(
      () =>
        db.get<{ bans: number }>(
          `SELECT count(DISTINCT ban_id) AS bans ${rowsOf(ended)}`,
          JSON.stringify(names),
        )!.bans,
    );

  /** The same for the total of a list: a large one that is slow to count may be a minute old. */
  const totalOf = (names: readonly string[], ended: Ended): number =>
    count(`${ended} ${JSON.stringify(names)}`, () => countOf(names, ended));

  /** Bans in force that the kernel has taken. */
  const countActive = (names: readonly string[]): number =>
    db.read(
      () =>
        db.get<{ bans: number }>(
          `SELECT count(*) AS bans FROM bans b WHERE b.ended_at IS NULL AND b.state = 'active'
             AND EXISTS (SELECT 1 FROM ban_sites s WHERE s.ban_id = b.id AND s.site ${owned})`,
          JSON.stringify(names),
        )!.bans,
    );

  return { toBan, find, countOf, totalOf, countActive };
}

/** Kinds and times of the site's own failures. */
function summaryOf(own: readonly OwnRow[]): Pick<Ban, 'events' | 'first_failure_at' | 'last_failure_at'> {
  const events: Record<string, number> = {};
  for (const one of own) {
    for (const [event, count] of Object.entries(JSON.parse(one.events) as Record<string, number>))
      events[event] = (events[event] ?? 0) + count;
  }
  const times = (key: 'first_failure_at' | 'last_failure_at') =>
    own.map((one) => one[key]).filter((time) => time !== null);
  const first = Math.min(...times('first_failure_at'));
  const last = Math.max(...times('last_failure_at'));
  return {
    events,
    first_failure_at: Number.isFinite(first) ? instantOf(first) : null,
    last_failure_at: Number.isFinite(last) ? instantOf(last) : null,
  };
}

/** Who lifted a ban, as one site may know it: its own people by name, of others whether it was the host's administrator. */
function lifterFor(viewer: SitePart, actor: string | null): string | null {
  const [who = ''] = actor?.split(' ', 1) ?? [];
  const own = siteActor(viewer);
  if (actor === null || who === own || (viewer.sub === null && who.startsWith(`${own}:`))) return actor;
  return who === 'admin' ? 'admin' : 'other_site';
}

function reasonOf({ reason, state, by_hand }: CommonRow, failures: number, others: number): string {
  const [told] = (others === 0 && by_hand === 0 && rule.exec(reason)) || [];
  const counted = `${failures} ${failures === 1 ? 'failure' : 'failures'} on this site`;
  const more = [
    ...(others > 0 ? ['other sites have evidence, too'] : []),
    ...(by_hand === 1 ? ['the administrator of the host decided on it'] : []),
    ...(state === 'failed' ? ['the kernel has not taken it'] : []),
  ];
  return [told ?? counted, ...more].join('; ');
}
