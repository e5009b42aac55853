import { createTerminal } from '../../packages/cli/src/terminal.ts';
import { BrokenPromise, createScreen } from './screen.ts';
import { createStage } from './stage.ts';
import { playStory } from './story.ts';
import { provideSystemPackages } from './system-packages.ts';

const usage = `Usage: pnpm demo [--once]

Shows Portcullis at work, in network namespaces of its own; this machine's firewall is not touched.
--once  ends by itself; so does the demo where it has no terminal`;

process.exitCode = await run(process.argv.slice(2));

/** @returns the exit code: 0 every promise held, 1 one did not or the demo could not be set up, 2 wrong usage */
async function run(argv: readonly string[]): Promise<number> {
  const unknown = argv.find((argument) => argument !== '--once');
  if (unknown !== undefined) {
    console.error(usage);
    return unknown === '--help' ? 0 : 2;
  }
  // Sites run as other users, who must be able to read their files.
  process.umask(0o022);
  const interruption = new AbortController();
  const { signal } = interruption;
  const interrupted = new Promise<'interrupted'>((resolve) => {
    signal.addEventListener('abort', () => resolve('interrupted'));
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interruption.abort());
  // A reader that has seen enough (`pnpm demo | head`).
  process.stdout.on('error', () => interruption.abort());
  const terminal = createTerminal(process.stdout, true);
  const screen = createScreen({ ...terminal, line: (text) => signal.aborted || terminal.line(text) });
  const wantsToEnd = argv.includes('--once') || terminal.columns === null || process.stdin.isTTY !== true;

  await using cleanUp = new AsyncDisposableStack();
  try {
    const leftOut = await provideSystemPackages('kernel', screen);
    const stage = createStage(leftOut, cleanUp, signal);
    const played = stage.then((ready) => playStory(ready, screen));
    if ((await Promise.race([played, interrupted])) === 'interrupted') {
      // What is under way fails when its daemon goes; nobody is interested any more.
      played.catch(() => undefined);
      await stage.catch(() => undefined);
      return 130;
    }
    if (wantsToEnd) return 0;
    screen.tryYourself({ ...(await stage), panels: await played });
    await interrupted;
    return 0;
  } catch (error) {
    if (signal.aborted) return 130;
    screen.failed(error instanceof BrokenPromise ? error.message : describe(error));
    return 1;
  }
}

function describe(error: unknown): string {
  return `The demo could not go on: ${error instanceof Error ? error.message : String(error)}`;
}
