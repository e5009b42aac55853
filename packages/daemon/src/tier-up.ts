import v8 from 'node:v8';

/**
 * Lets V8 optimize what runs often, from now on: there is work. Every process of ours begins with `--no-opt --no-maglev`
 * (packages/cli/bin, packages/packaging): the code of the two optimizing compilers is 8 MB of Node's own pages that would
 * become resident, and what runs once a second, or for a tenth of one, gains nothing from them. Costs a microsecond where
 * they are on already.
 */
export function optimize(): void {
  v8.setFlagsFromString('--opt');
  v8.setFlagsFromString('--maglev');
}
