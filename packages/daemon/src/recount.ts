import {
  type BanStore,
  clientNetwork,
  type Detector,
  isOfOneClient,
  type Network,
  type Verdict,
} from '@portcullis/core';

export interface RecountOptions {
  readonly store: BanStore;
  readonly detector: Detector;
  /** The jails that begin anew. */
  readonly jails: ReadonlySet<string>;
  /** Failures before it lie outside every findtime. */
  readonly since: number;
  readonly now: number;
  /** Called each 100,000 failures: what they were read from, 17 MB, is garbage that V8 would leave for long. */
  readonly release: () => void;
}

const failuresUntilRelease = 100_000;

/**
 * Counts what the store remembers, in jails that begin anew: after a start all of them. Failures that a ban rests on,
 * or that were forgotten with an unban, do not count again.
 *
 * @returns what is due by now: lines that came before a crash, or a maxretry that has been lowered
 */
export function recount({ store, detector, jails, since, now, release }: RecountOptions): Verdict[] {
  if (jails.size === 0) return [];
  const forgotten = forgottenMarks(store, detector);
  const verdicts: Verdict[] = [];
  let read = 0;
  for (const failure of store.failuresSince(since)) {
    if (++read % failuresUntilRelease === 0) release();
    if (detector.isAllowedAt(failure.site, failure.address, now)) continue;
    verdicts.push(...detector.recount(jails, failure, forgotten));
  }
  return verdicts;
}

/** Finds the last failure that no longer counts for a client in a jail; 0 where all count. */
function forgottenMarks(store: BanStore, detector: Detector): (jail: string, client: Network) => number {
  const marks = new Map<string, number>();
  // A mark on more than one client is rare: somebody lifted a network. Those are searched one by one.
  const wide: { jail: string; network: Network; failureId: number }[] = [];
  for (const mark of store.forgotten()) {
    const config = detector.rule(mark.jail)?.config;
    if (config === undefined) continue;
    if (!isOfOneClient(mark.network, config)) {
      wide.push(mark);
      continue;
    }
    // Who was told to forget one address of a client has forgotten the client.
    const key = `${mark.jail} ${clientNetwork(mark.network, config)}`;
    marks.set(key, Math.max(mark.failureId, marks.get(key) ?? 0));
  }
  return (jail, client) => {
    let latest = marks.get(`${jail} ${client}`) ?? 0;
    for (const mark of wide) {
      if (mark.jail === jail && mark.failureId > latest && mark.network.contains(client))
        latest = mark.failureId;
    }
    return latest;
  };
}
