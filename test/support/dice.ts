/** Random numbers that come again with the same seed (mulberry32). */
export interface Dice {
  readonly seed: number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  of<T>(items: readonly T[]): T;
}

/** @param seed from the environment's `SEED`, or another one each time, when left out */
export function createDice(seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32))): Dice {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return { seed, between, of: (items) => items[between(0, items.length - 1)]! };
}
