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
 * What makes `applied` enforce `wanted`: removals first, then bans that are missing or end at another time. Of two
 * wanted bans of one network in one jail the later counts. Bans that have ended are not wanted.
 *
 * @param toleranceMs how far an end may be off. At least 2000: a kernel counts in whole seconds.
 */
export function planRepair(
  wanted: Iterable<EnforcedBan>,
  applied: Iterable<EnforcedBan>,
  now: number,
  toleranceMs: number,
): FirewallChange[] {
  const missing = new Map<string, Map<string, EnforcedBan>>();
  for (const ban of wanted) {
    const jail = missing.getOrInsertComputed(ban.jail, () => new Map());
    if (ban.until === null || ban.until > now) jail.set(ban.network.toString(), ban);
    else jail.delete(ban.network.toString());
  }
  const changes: FirewallChange[] = [];
  for (const { jail, network, until } of applied) {
    const key = network.toString();
    const ban = missing.get(jail)?.get(key);
    if (ban === undefined) changes.push({ action: 'remove', jail, network, until });
    else if (sameEnd(ban.until, until, now, toleranceMs)) missing.get(jail)!.delete(key);
  }
  for (const jail of missing.values()) {
    for (const { jail: name, network, until } of jail.values()) {
      changes.push({ action: 'add', jail: name, network, until });
    }
  }
  return changes;
}
