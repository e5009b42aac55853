import v8 from 'node:v8';

/**
 * How often a function runs before Turbofan compiles it: ten times V8's default. The one thread that compiles belongs to Maglev
 * meanwhile, which takes a sixth of the time for a function, and a burst of bans is over before Turbofan is through.
 */
const runsBeforeTurbofan = 30_000;

/**
 * How much of other functions a function takes in when Turbofan compiles it, in bytes of bytecode: three times V8’s defaults. Reading
 * a line is many small functions; a log is read in a twentieth less time.
 */
const inlining = ['--max-inlined-bytecode-size=1500', '--max-inlined-bytecode-size-cumulative=3000'];

let optimizing = false;

/**
 * Lets V8 optimize what runs often, from now on: there is work. Every process of ours begins with `--no-opt --no-maglev`
 * (packages/cli/bin, packages/packaging): the code of the two optimizing compilers is 8 MB of Node's own pages that would
 * become resident, and what runs once a second, or for a tenth of one, gains nothing from them.
 *
 * Both at once: what Maglev compiles while Turbofan is off never asks for Turbofan again, and reads lines at a third of the speed.
 */
export function optimize(): void {
  if (optimizing) return;
  optimizing = true;
  v8.setFlagsFromString(`--invocation-count-for-turbofan=${runsBeforeTurbofan}`);
  for (const flag of inlining) v8.setFlagsFromString(flag);
  v8.setFlagsFromString('--maglev');
  v8.setFlagsFromString('--opt');
}
