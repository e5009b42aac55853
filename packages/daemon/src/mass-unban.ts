import { setImmediate } from 'node:timers/promises';
import type { MassUnbanQuery } from '@portcullis/contracts';
import type { BanRecord, Clock } from '@portcullis/core';
import type { Enforcer } from './enforcer.ts';
import { type Counting, forgetCounts } from './forget-counts.ts';

/** Bans that one transaction lifts: some 50 ms of the one thread, in which nothing else is decided. */
const liftedAtOnce = 500;

/** What is lifted by one call. */
export type LiftedBan = Pick<BanRecord, 'id' | 'jail' | 'network' | 'until'>;

export interface MassUnbanOptions extends Counting {
  readonly enforcer: Enforcer;
  readonly clock: Clock;
  readonly matching: (query: MassUnbanQuery) => readonly LiftedBan[];
}

/**
 * Lifts every ban that matches. Those that match are chosen once; they are lifted a bounded part at a time, each part
 * in one transaction with what is forgotten and audited for it, so a crash leaves whole parts. The kernel gets them in
 * the enforcer's batches.
 */
export async function liftMany(
  options: MassUnbanOptions,
  actor: string,
  query: MassUnbanQuery,
): Promise<{ ended: number }> {
  const { store, enforcer, clock, matching } = options;
  const chosen = matching(query);
  const detail = `one of ${chosen.length}: ${describe(query)}`;
  let ended = 0;
  for (let from = 0; from < chosen.length; from += liftedAtOnce) {
    if (from > 0) await setImmediate();
    store.transaction(
      () => {
        // Meanwhile a ban may have ended, and another of the same address begun, which nobody chose.
        const bans = chosen
          .slice(from, from + liftedAtOnce)
          .filter(({ id, jail, network }) => store.banInForce(jail, network)?.id === id);
        enforcer.end(bans, 'unban', actor);
        forgetCounts(options, bans);
        const at = new Date(clock.now()).toISOString();
        for (const { jail, network } of bans) {
          if (query.forget_history === true) store.forgiveBans(network, jail);
          store.addAudit({ at, actor, action: 'unban', ip: String(network), jail, detail });
        }
        ended += bans.length;
      },
      { durable: true },
    );
  }
  await enforcer.flush();
  return { ended };
}

const describe = ({ forget_history, ...filters }: MassUnbanQuery): string => {
  const named = Object.entries(filters).map(([name, value]) => `${name} ${value}`);
  return `${named.length === 0 ? 'all bans' : `bans by ${named.join(', ')}`}${forget_history === true ? ', history forgotten' : ''}`;
};
