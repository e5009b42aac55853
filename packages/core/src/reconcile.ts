import type { EnforcedBan, FirewallChange } from './ports.ts';

/**
 * Ends further away than this are as good as one another: a firewall may hold less than the whole of a long ban
 * (ipset: 2,147,483 s) and is given the rest when the end comes nearer. Less than half of the shortest such limit, so
 * that a plan made every few days renews in time.
 */
export const endHorizonMs = 1_000_000_000;

/** Whether two ends of a ban (null: never) are the same for enforcement, `toleranceMs` apart at most. */
export function sameEnd(one: number | null, other: number | null, now: number, toleranceMs: number): boolean {
  const horizon = now + endHorizonMs;
  return Math.abs(Math.min(one ?? horizon, horizon) - Math.min(other ?? horizon, horizon)) <= toleranceMs;
}

/**
 * What makes `applied` enforce `wanted`: removals first, then bans that are missing, end at another time or close other
 * ports. Of two wanted bans of one network in one jail the later counts. Bans that have ended are not wanted.
 *
 * @param toleranceMs how far an end may be off. At least 2000: a kernel counts in whole seconds.
 */
export function planRepair(
  wanted: Iterable<EnforcedBan>,
  applied: Iterable<EnforcedBan>,
  now: number,
  toleranceMs: number,
): FirewallChange[] {
  const jails = new Map<string, Map<string, EnforcedBan>>();
  for (const ban of wanted) {
    const jail = jails.getOrInsertComputed(ban.jail, () => new Map());
    if (ban.until === null || ban.until > now) jail.set(ban.network.toString(), ban);
    else jail.delete(ban.network.toString());
  }
  const held = new Set<EnforcedBan>();
  const misplaced = new Set<EnforcedBan>();
  const changes: FirewallChange[] = [];
  for (const { jail, network, until, gentle = false } of applied) {
    const ban = jails.get(jail)?.get(network.toString());
    if (ban === undefined) changes.push({ action: 'remove', jail, network, until });
    else if (gentle !== (ban.gentle ?? false)) misplaced.add(ban);
    else if (sameEnd(ban.until, until, now, toleranceMs)) held.add(ban);
  }
  for (const jail of jails.values()) {
    for (const ban of jail.values()) {
      // One that is where it must be and elsewhere, too, is misplaced: adding it again puts that right.
      if (held.has(ban) && !misplaced.has(ban)) continue;
      const { jail: name, network, until, gentle } = ban;
      changes.push({ action: 'add', jail: name, network, until, ...(gentle === true ? { gentle } : {}) });
    }
  }
  return changes;
}
