import type { Database } from './database.ts';

/** A total that took longer than this to count is told again for a while: lists that poll cost 0.02 % at most. */
const slowCountMs = 2;
/** Smaller totals are always exact; who reads a larger one does not miss a few. */
const smallTotal = 1_000;
const keptForCosts = 5_000;
const maxKeptMs = 60_000;
const maxKeptCounts = 100;

/**
 * Totals of lists, by the list's name.
 * @param now monotonic milliseconds: how old a kept total is
 */
export function createKeptCounts(db: Database, now: () => number = () => performance.now()) {
  const counts = new Map<string, { total: number; until: number }>();
  db.onReset(() => counts.clear());

  return function count(list: string, work: () => number): number {
    const kept = counts.get(list);
    const start = now();
    if (kept !== undefined && start < kept.until) return kept.total;
    const total = work();
    counts.delete(list);
    const cost = now() - start;
    if (cost > slowCountMs && total > smallTotal) {
      if (counts.size >= maxKeptCounts) counts.delete(counts.keys().next().value!);
      counts.set(list, { total, until: now() + Math.min(cost * keptForCosts, maxKeptMs) });
    }
    return total;
  };
}
