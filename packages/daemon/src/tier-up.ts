import v8 from 'node:v8';

/**
 * How long Maglev has the one thread that compiles for itself, in milliseconds: Turbofan takes six times as long for a
 * function, and a burst of bans is over before it is through.
 */
const turbofanDelay = 1_500;

let optimizing = false;

/**
 * Lets V8 optimize what runs often, from now on: there is work. Every process of ours begins with `--no-opt --no-maglev`
 * (packages/cli/bin, packages/packaging): the code of the two optimizing compilers is 8 MB of Node's own pages that would
 * become resident, and what runs once a second, or for a tenth of one, gains nothing from them.
 */
export function optimize(): void {
  if (optimizing) return;
  optimizing = true;
  v8.setFlagsFromString('--maglev');
  v8.setFlagsFromString('--opt');
}

/** The same, but by the quick compiler first: for work that may be over soon. */
export function optimizeQuickly(): void {
  if (optimizing) return;
  optimizing = true;
  v8.setFlagsFromString('--maglev');
  setTimeout(() => v8.setFlagsFromString('--opt'), turbofanDelay).unref();
}
