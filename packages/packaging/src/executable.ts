import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Bundle } from './bundle.ts';

/**
 * What V8 is told in the executable. One helping thread: each costs memory of its own, and the daemon's work is one
 * thread's work.
 */
const execArgv = ['--v8-pool-size=1'];

/**
 * Makes the single executable: Node itself with the program and its files inside. The same bundle and the same Node make
 * the same bytes.
 *
 * The files are inside and not in /usr/share, so that they are of the program's version wherever it is copied, and
 * because nothing is read of them that is not asked for: they are pages of the executable.
 *
 * @param output where the executable shall be
 * @throws where Node refuses, or where `strip` (binutils) is missing
 */
export function makeExecutable({ code, assets }: Bundle, output: string): void {
  const work = mkdtempSync(path.join(tmpdir(), 'portcullis-executable-'));
  try {
    const main = path.join(work, 'portcullis.mjs');
    writeFileSync(main, code);
    // Symbols for debuggers are a fifth of its 150 MB.
    const executable = path.join(work, 'node');
    execFileSync('strip', ['--strip-all', '-o', executable, process.execPath]);
    const made = path.join(work, 'portcullis');
    const config = path.join(work, 'sea.json');
    writeFileSync(
      config,
      JSON.stringify({
        main,
        mainFormat: 'module',
        executable,
        output: made,
        disableExperimentalSEAWarning: true,
        useCodeCache: true,
        execArgv,
        // NODE_OPTIONS of whoever runs it is no part of this program's interface.
        execArgvExtension: 'none',
        assets: Object.fromEntries(assets),
      }),
    );
    // V8 hashes with a seed of chance, which would stand in the code cache.
    execFileSync(process.execPath, ['--random-seed=1', '--build-sea', config], { stdio: 'pipe' });
    mkdirSync(path.dirname(output), { recursive: true });
    copyFileSync(made, `${output}.new`);
    renameSync(`${output}.new`, output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
