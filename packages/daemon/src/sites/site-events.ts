import type { Ban } from '@portcullis/contracts';
import type { SitePart } from '@portcullis/core';
import type { EventHub } from '../event-hub.ts';
import type { DaemonEvent } from '../operations.ts';

export interface SiteEvents {
  /** Calls the listener with each event of a ban that the site or sub-site may see, as it may see it. @returns how to stop that */
  subscribe(part: SitePart, listener: (event: DaemonEvent) => void): () => void;
}

export interface SiteEventsOptions {
  readonly hub: EventHub;
  readonly ownerOf: (name: string) => string | null;
  /** The names of all sites with evidence in a ban. */
  readonly namesIn: (ban: number) => readonly string[];
  /** The ban as they see it; undefined where they see none. */
  readonly view: (part: SitePart, ban: number) => Ban | undefined;
}

interface Listener {
  readonly part: SitePart;
  readonly tell: (event: Omit<DaemonEvent, 'id'>) => void;
}
const told = new Set<string>(['ban', 'prolong', 'failed', 'unban']);

/**
 * Events of bans for sites. One look at the store says whose an event is, and one more for each of those sites that listen
 * what it is told, so that thousands of bans that end at once cost little. The daemon's own numbers of events would tell
 * how much happens elsewhere: each listener has its own.
 */
export function createSiteEvents({ hub, ownerOf, namesIn, view }: SiteEventsOptions): SiteEvents {
  const listeners = new Map<string, Set<Listener>>();
  let unsubscribe: (() => void) | null = null;

  function pass({ type, at, data }: DaemonEvent): void {
    if (!told.has(type)) return;
    const id = Number(data['id']);
    const names = data['sites'] ? Object.keys(data['sites']) : namesIn(id);
    for (const site of new Set(names.map(ownerOf))) {
      const own = site === null ? undefined : listeners.get(site);
      if (site === null || own === undefined) continue;
      for (const { part, tell } of own) {
        const ban = view(part, id);
        if (ban === undefined) continue;
        const known = type === 'unban' ? { id: ban.id, ip: ban.ip, jail: ban.jail } : { ...ban };
        tell({ type, at, data: known });
      }
    }
  }

  return {
    subscribe(part, listener) {
      let lastId = 0;
      const own: Listener = { part, tell: (event) => listener({ id: ++lastId, ...event }) };
      const of = listeners.get(part.id) ?? new Set();
      listeners.set(part.id, of.add(own));
      unsubscribe ??= hub.subscribe(pass);
      return () => {
        of.delete(own);
        if (of.size === 0 && listeners.get(part.id) === of) listeners.delete(part.id);
        if (listeners.size > 0) return;
        unsubscribe?.();
        unsubscribe = null;
      };
    },
  };
}
