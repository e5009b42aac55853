#!/usr/bin/env -S node --v8-pool-size=1 --max-semi-space-size=2 --no-opt --no-maglev --disable-warning=ExperimentalWarning
// Plain JavaScript on purpose: with the code of ../src in the compile cache, Node never loads its TypeScript
// stripper, which would take longer than all the rest. One helping thread for V8: each has memory of its own (2 MB), and
// the daemon's work is one thread's work. No optimizing compiler before there is work: packages/daemon/src/tier-up.ts.
// New objects in 2 MB instead of up to 16: what is allocated goes where memory was used before. A first attack touched 26,000
// pages for the first time, a sixth of its time (perf, on a virtual machine). Bans are back 0.15 s sooner after a restart, and
// a log is read 3 to 6 % slower.
// The warning is of node:ffi: packages/daemon/src/release-pages.ts.
import { accessSync, constants } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Cached beside the code itself, never in a directory that others can write: what is cached is run.
const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
if (isWritable(modules)) enableCompileCache(`${modules}/.cache`);
await import('../src/main.ts');

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
