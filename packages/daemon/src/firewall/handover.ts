import { PortcullisError } from '@portcullis/contracts';
import type { EnforcedBan, Firewall } from '@portcullis/core';
import { ExecError } from '../exec-error.ts';

/** What finds a backend's own structure in the kernel: null where there is none, or nothing that could look. */
export type FindPredecessor = () => Promise<Firewall | null>;

/**
 * Lets a firewall take over from a backend that keeps its bans elsewhere: its first `install` carries them over before
 * they go from there, so that none is out of force for a moment, and none stays in force behind our back.
 */
export function takingOver(firewall: Firewall, find: FindPredecessor): Firewall {
  const { install } = firewall;
  let done = false;
  return Object.assign(firewall, {
    async install(jails: readonly string[], wanted?: Iterable<EnforcedBan>) {
      const report = await install(jails, wanted);
      const predecessor = done ? null : await find().catch(absent);
      if (predecessor === null) {
        done = true;
        return report;
      }
      await predecessor.install(jails);
      const bans = await predecessor.list();
      await firewall.apply(bans.map((ban) => ({ action: 'add', ...ban })));
      await predecessor.uninstall();
      done = true;
      return firewall.inspect();
    },
  } satisfies Partial<Firewall>);
}

/** A program that is not installed left nothing behind, and what is not ours is not taken over. */
function absent(error: unknown): null {
  if (error instanceof ExecError || error instanceof PortcullisError) return null;
  throw error;
}
