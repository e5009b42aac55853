import v8 from 'node:v8';

let optimizing = false;

/**
 * Lets V8 optimize what runs often, from now on: there is work. Every process of ours begins with `--no-opt --no-maglev`
 * (packages/cli/bin, packages/packaging): the code of the two optimizing compilers is 8 MB of Node's own pages that would
 * become resident, and what runs once a second, or for a tenth of one, gains nothing from them.
 */
export function optimize(): void {
  if (optimizing) return;
  optimizing = true;
  v8.setFlagsFromString('--opt');
  v8.setFlagsFromString('--maglev');
}
