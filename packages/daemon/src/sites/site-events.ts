import type { Ban } from '@portcullis/contracts';
import type { EventHub } from '../event-hub.ts';
import type { DaemonEvent } from '../operations.ts';
import type { Viewer } from '../store/site-queries.ts';

export interface SiteEvents {
  /** Calls the listener with each event of a ban that the viewer may see, as it may see it. @returns how to stop that */
  subscribe(viewer: () => Viewer, listener: (event: DaemonEvent) => void): () => void;
}

/** Events of bans for sites. The daemon's own numbers would tell how much happens elsewhere: each listener has its own. */
export function createSiteEvents(
  hub: EventHub,
  view: (viewer: Viewer, ban: number) => Ban | undefined,
  owns: (id: string, name: string) => boolean,
): SiteEvents {
  return {
    subscribe(viewer, listener) {
      let lastId = 0;
      return hub.subscribe(({ type, at, data }) => {
        if (type !== 'ban' && type !== 'prolong' && type !== 'failed' && type !== 'unban') return;
        const eyes = viewer();
        // Most events concern others: those that name their sites are told apart without a look at the store.
        const sites = data['sites'];
        if (sites && !Object.keys(sites).some((name) => owns(eyes.id, name))) return;
        const ban = view(eyes, Number(data['id']));
        if (ban === undefined) return;
        const told = type === 'unban' ? { id: ban.id, ip: ban.ip, jail: ban.jail } : { ...ban };
        listener({ id: ++lastId, type, at, data: told });
      });
    },
  };
}
