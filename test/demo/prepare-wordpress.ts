import { ExecaError } from 'execa';
import { buildPanel } from '../../wp-plugin/build.ts';
import { createWordPress, type WordPressVersion } from '../wordpress/wordpress.ts';

/*
 * `prepare-wordpress.ts VERSION` brings into the cache what sites of that version are made of; `prepare-wordpress.ts panel`
 * builds the plugin's panel. A process of its own, with a group of its own, so that it can be interrupted: at SIGTERM it ends
 * the programs that it runs, one after the other, and removes what they left half done.
 */

process.once('SIGTERM', () => {
  process.on('SIGTERM', () => undefined);
  setInterval(() => process.kill(0, 'SIGTERM'), 100).unref();
});

const what = process.argv[2];
try {
  if (what === 'panel') {
    buildPanel();
  } else {
    await using _site = await createWordPress({
      version: what as WordPressVersion,
      host: 'prepared.localhost',
    });
  }
} catch (error) {
  console.error(inOneLine(error));
  process.exitCode = 1;
}

/** Which program failed, and its last word on it. */
function inOneLine(error: unknown): string {
  if (error instanceof ExecaError) {
    const [program] = error.command.split(' ', 1);
    return `${program}: ${String(error.stderr).trim().split('\n').at(-1)}`;
  }
  const lines = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return [...new Set([lines[0], lines.at(-1)])].join(' ');
}
