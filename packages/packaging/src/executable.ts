import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Exec } from '@portcullis/daemon/offline';
import type { Bundle } from './bundle.ts';

/** What V8 is told, for less memory: packages/cli/bin/portcullis.js says why. */
const v8Flags = ['--v8-pool-size=1', '--max-semi-space-size=2', '--no-opt', '--no-maglev'];
/** The warning is of node:ffi: packages/daemon/src/release-pages.ts. */
const execArgv = [...v8Flags, '--disable-warning=ExperimentalWarning'];

/** Both steps copy 120 MB. */
const timeoutMs = 120_000;

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
export async function makeExecutable({ code, assets }: Bundle, output: string, exec: Exec): Promise<void> {
  const work = mkdtempSync(path.join(tmpdir(), 'portcullis-executable-'));
  try {
    writeFileSync(path.join(work, 'portcullis.mjs'), code);
    // Symbols for debuggers are a fifth of its 150 MB.
    await exec(['strip', '--strip-all', '-o', path.join(work, 'node'), process.execPath], { timeoutMs });
    // Relative paths: that of the program is in the executable, and in its stack traces.
    writeFileSync(
      path.join(work, 'sea.json'),
      JSON.stringify({
        main: 'portcullis.mjs',
        mainFormat: 'module',
        executable: 'node',
        output: 'portcullis',
        disableExperimentalSEAWarning: true,
        useCodeCache: true,
        execArgv,
        // NODE_OPTIONS of whoever runs it is no part of this program's interface.
        execArgvExtension: 'none',
        assets: Object.fromEntries(assets),
      }),
    );
    // V8 takes a code cache only where its flags are those of the cache's making; its seed of chance would stand in it.
    await exec(
      ['env', '-C', work, process.execPath, ...v8Flags, '--random-seed=1', '--build-sea', 'sea.json'],
      {
        timeoutMs,
      },
    );
    mkdirSync(path.dirname(output), { recursive: true });
    copyFileSync(path.join(work, 'portcullis'), `${output}.new`);
    renameSync(`${output}.new`, output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
