import { type Clock, type HostEvent, type Outbox, parseDomain } from '@portcullis/core';

/** A site that wrote for less than this, in milliseconds, has no habit that it could break. */
const habit = 86_400_000;
/** Under this destination, which nobody has, the time of the last look is kept. */
const nobody = '';

export interface SeenSite {
  readonly name: string;
  readonly firstEventAt: number;
  readonly lastEventAt: number;
}

export interface SilentSitesOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** How long is silent, in milliseconds; null: nobody ever is. */
  readonly silentAfter: () => number | null;
  /** Sites whose last line is later than the first instant, and not later than the second. */
  readonly lastSeen: (after: number, upTo: number) => readonly SeenSite[];
  readonly isRegistered: (name: string) => boolean;
  readonly tell: (event: HostEvent) => void;
}

/**
 * Tells, once, of each site that has written nothing for so long: its logging may be broken, and nobody would be banned. The
 * name is a client's to choose, so one that is not registered must have written for as long as that before.
 *
 * @returns what is to be called now and then; runs in between are made good
 */
export function createSilentSites(options: SilentSitesOptions): () => void {
  const { outbox, clock, lastSeen, isRegistered, tell } = options;
  return () => {
    const length = options.silentAfter();
    const now = clock.now();
    const looked = Math.min(outbox.sent(nobody).get('silent_site') ?? now, now);
    if (length !== null) {
      for (const { name, firstEventAt, lastEventAt } of lastSeen(looked - length, now - length)) {
        const steady = lastEventAt - firstEventAt >= (isRegistered(name) ? habit : Math.max(habit, length));
        if (steady && parseDomain(name) === name) tell({ kind: 'silent_site', site: name, lastEventAt });
      }
    }
    outbox.settle(nobody, 'silent_site', 0, now);
  };
}
