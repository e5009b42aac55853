import type { SiteActivity } from '@portcullis/core';
import type { Database } from './database.ts';

/**
 * Sites that are remembered. The Host header, which names a site, belongs to the client: an attacker can invent any
 * number of them. At the bound the hundredth part with the oldest last event goes first; failures that named one of
 * those then read as of `forgottenSite`.
 */
export const maxSites = 10_000;
export const forgottenSite = '(forgotten)';

export interface SiteTable {
  /** The number that stands for a site; a new name gets one. Inside a write. */
  idOf(name: string, time: number): number;
  nameOf(id: number): string;
  touch(activity: readonly SiteActivity[]): void;
  /** The latest event of any site. */
  lastEventAt(): number | null;
  /** Sites whose last line is later than the first instant, and not later than the second; at most 100. */
  lastSeen(after: number, upTo: number): { name: string; firstEventAt: number; lastEventAt: number }[];
  /** Every name that is remembered. */
  names(): Iterable<string>;
  /** Another number when `names` has changed. */
  readonly version: number;
}

export function createSiteTable(db: Database): SiteTable {
  const ids = new Map<string, number>();
  const names = new Map<number, string>();
  let loaded = false;
  let version = 0;
  let lastName: string | undefined;
  let lastId = 0;

  db.onReset(() => {
    ids.clear();
    names.clear();
    loaded = false;
    version++;
    lastName = undefined;
  });

  function load(): void {
    if (loaded) return;
    for (const { id, name } of db.all<{ id: number; name: string }>('SELECT id, name FROM sites')) {
      ids.set(name, id);
      names.set(id, name);
    }
    loaded = true;
  }

  function evict(): void {
    const oldest = db.all<{ id: number; name: string }>(
      `DELETE FROM sites WHERE id IN (SELECT id FROM sites ORDER BY last_event_at, id LIMIT ${maxSites / 100})
       RETURNING id, name`,
    );
    for (const { id, name } of oldest) {
      ids.delete(name);
      names.delete(id);
    }
    lastName = undefined;
    version++;
  }

  function add(name: string, time: number): number {
    if (ids.size >= maxSites) evict();
    const { id } = db.get<{ id: number }>(
      `INSERT INTO sites (name, events, failures, first_event_at, last_event_at) VALUES (?, 0, 0, ?, ?)
       RETURNING id`,
      name,
      time,
      time,
    )!;
    ids.set(name, id);
    names.set(id, name);
    version++;
    return id;
  }

  function idOf(name: string, time: number): number {
    if (name === lastName) return lastId;
    load();
    lastId = ids.get(name) ?? add(name, time);
    lastName = name;
    return lastId;
  }

  function touch(activity: readonly SiteActivity[]): void {
    db.write(() => {
      for (const site of activity) {
        db.run(
          `UPDATE sites SET events = events + ?, failures = failures + ?,
             first_event_at = min(first_event_at, ?), last_event_at = max(last_event_at, ?) WHERE id = ?`,
          site.events,
          site.failures,
          site.firstEventAt,
          site.lastEventAt,
          idOf(site.site, site.firstEventAt),
        );
      }
    });
  }

  const lastEventAt = (): number | null =>
    db.read(() => db.get<{ at: number | null }>('SELECT max(last_event_at) AS at FROM sites')!.at);

  const lastSeen = (after: number, upTo: number) =>
    db.read(() =>
      db.all<{ name: string; firstEventAt: number; lastEventAt: number }>(
        `SELECT name, first_event_at AS firstEventAt, last_event_at AS lastEventAt FROM sites
         WHERE last_event_at > ? AND last_event_at <= ? ORDER BY last_event_at - first_event_at DESC LIMIT 100`,
        after,
        upTo,
      ),
    );

  return {
    idOf,
    touch,
    lastEventAt,
    lastSeen,
    names() {
      db.read(load);
      return ids.keys();
    },
    get version() {
      return version;
    },
    nameOf(id) {
      db.read(load);
      return names.get(id) ?? forgottenSite;
    },
  };
}
