import v8 from 'node:v8';

/**
 * Keeps V8's two optimizing compilers out of a daemon that has little to do: their code is 6 MB of Node's own pages that
 * would become resident, and what runs once a second gains nothing from them. Called before the daemon's modules are
 * loaded, which is where they would first be used.
 */
export function deferOptimizing(): void {
  v8.setFlagsFromString('--no-opt');
  v8.setFlagsFromString('--no-maglev');
}

/** From now on what runs often is optimized: there is work. Costs a microsecond where that is so already. */
export function optimize(): void {
  v8.setFlagsFromString('--opt');
  v8.setFlagsFromString('--maglev');
}
