/** Bans that wait at once; beyond it they are made, short, without waiting. */
export const maxOpenHolds = 50;
/** After so many times the failures of its verdict a ban waits no longer: somebody attacks in earnest. */
const patience = 5;

/** `add`: to the ban that is held already. `end`: so many failures came to that one that it is made. */
export type HoldStep = 'ban' | 'hold' | 'add' | 'end';

/**
 * What becomes of a ban that was judged.
 * @param held failures of the ban of the same client and jail that is held; null: none is
 * @param failures its own
 * @param open bans that are held, of anybody
 */
export function holdStep(act: 'ban' | 'hold', held: number | null, failures: number, open: number): HoldStep {
  if (held !== null) return held + failures < patience * Math.max(1, failures) ? 'add' : 'end';
  return act === 'ban' || open >= maxOpenHolds ? 'ban' : 'hold';
}
