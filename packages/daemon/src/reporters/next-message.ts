import { setImmediate as breathe } from 'node:timers/promises';
import {
  type BanTally,
  type DestinationConfig,
  type MessageContent,
  mergeTallies,
  type Outbox,
  type OutboxKind,
  type ReportedBan,
  type ReportMessage,
  severityOf,
  tallyBans,
  toDigest,
  type WaitingBan,
} from '@portcullis/core';

/** Bans that are read at once: about a millisecond, in which nobody is banned. */
const step = 50;
/** Bans that wait for a destination; of what is more, the older half is counted and no longer kept one by one. */
export const maxWaitingBans = 5_000;
/** Events of one kind that one message is made of. */
const maxEvents = 100;

/** A ban as the readers of a destination may see it; null where none of it is theirs. */
export type View = (ban: WaitingBan, destination: DestinationConfig) => ReportedBan | null;

export interface Messages {
  /** What the waiting of a kind comes to; null where nothing of it is left to tell. */
  next(destination: DestinationConfig, kind: OutboxKind, upTo: number): Promise<ReportMessage | null>;
  /** Keeps the number of waiting bans within its bound. */
  bound(destination: DestinationConfig): Promise<void>;
}

export function createMessages(options: { outbox: Outbox; host: string; view: View }): Messages {
  const { outbox, host, view } = options;

  /** What the bans up to an id come to, a few at a time: banning goes on meanwhile. */
  async function tally(destination: DestinationConfig, upTo: number, limit: number) {
    let sum: BanTally | null = outbox.digested(destination.name);
    let only: ReportedBan | null = null;
    let last = 0;
    let first: number | null = null;
    for (let read = 0; read < limit; ) {
      const rows = outbox.bans(destination.name, last, upTo, step);
      if (rows.length === 0) break;
      read += rows.length;
      last = rows.at(-1)!.id;
      first ??= rows[0]!.id;
      const seen = rows
        .map((row) => ({ at: row.at, ban: view(row, destination) }))
        .filter((each): each is { at: number; ban: ReportedBan } => each.ban !== null);
      if (seen.length > 0) {
        only = sum === null ? seen[0]!.ban : only;
        const part = tallyBans(seen);
        sum = sum === null ? part : mergeTallies(sum, part);
      }
      await breathe();
    }
    return { sum, only, first, last };
  }

  async function ofBans(destination: DestinationConfig, upTo: number) {
    const { sum, only, first } = await tally(destination, upTo, Number.POSITIVE_INFINITY);
    if (sum === null) return null;
    const content: MessageContent =
      sum.bans === 1 && only !== null
        ? { kind: 'ban', ban: only }
        : { kind: 'digest', digest: toDigest(sum) };
    return { content, at: sum.until, first: first ?? upTo };
  }

  function ofEvents(destination: DestinationConfig, kind: OutboxKind, upTo: number) {
    const events = outbox.events(destination.name, kind, upTo, maxEvents);
    const [latest] = events;
    if (latest === undefined) return null;
    const { event, at } = latest;
    const since = events.at(-1)!.at;
    if (event.kind === 'campaign' || event.kind === 'campaign_over') {
      const campaigns = events.flatMap(({ event: each }) => ('campaign' in each ? [each.campaign] : []));
      return { content: { kind: event.kind, campaigns }, at, first: upTo };
    }
    if (event.kind !== 'silent_site')
      return { content: { ...event, more: events.length - 1, since }, at, first: upTo };
    const sites = events.flatMap(({ event: each }) =>
      each.kind === 'silent_site' ? [{ site: each.site, lastEventAt: each.lastEventAt }] : [],
    );
    return { content: { kind: 'silent_site' as const, sites }, at, first: upTo };
  }

  return {
    async next(destination, kind, upTo) {
      const made = kind === 'ban' ? await ofBans(destination, upTo) : ofEvents(destination, kind, upTo);
      if (made === null) return null;
      const { content, at, first } = made;
      const id = `${host}/${destination.name}/${kind}/${first}-${upTo}`;
      return { id, host, site: destination.site, at, severity: severityOf[kind], content };
    },
    async bound(destination) {
      const bans = outbox.waiting(destination.name).find(({ kind }) => kind === 'ban');
      if (bans === undefined || bans.count <= maxWaitingBans) return;
      const { sum, last } = await tally(destination, bans.lastId, bans.count - maxWaitingBans / 2);
      if (sum === null) outbox.settle(destination.name, 'ban', bans.lastId, null);
      else outbox.digest(destination.name, last, sum);
    },
  };
}
