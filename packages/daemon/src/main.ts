import { createApp } from './app.ts';
import { readConfig } from './config-file.ts';
import { createLogger } from './log.ts';

/** Stopping takes no longer than 5 s, whatever hangs; in milliseconds, with time left to say so. */
const stopTimeout = 4_750;

/**
 * Runs the daemon until SIGTERM or SIGINT; SIGHUP reloads the configuration. A start that fails leaves nothing behind
 * but the state it found.
 *
 * @returns the exit code
 * @throws PortcullisError where it cannot start
 */
export async function runDaemon({ configPath }: { configPath: string }): Promise<number> {
  const log = await createLogger();
  const config = readConfig(configPath);
  const app = createApp({ config, readConfig: () => readConfig(configPath), log });
  const stopped = Promise.withResolvers<void>();
  let finished = false;
  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'Stopping.');
    // Unreferenced: it fires only where something still holds the process.
    setTimeout(() => {
      if (!finished) log.error('Stopping took longer than 5 s; bans in the kernel are as they were.');
      process.exit(finished ? 0 : 1);
    }, stopTimeout).unref();
    stopped.resolve();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  const started = app.start();
  let reloading = started.catch(() => {});
  process.on('SIGHUP', () => {
    reloading = reloading
      .then(() => app.reload())
      .catch((error: unknown) => log.error(`The reload failed: ${sentenceOf(error)}`));
  });
  try {
    await started;
  } catch (error) {
    await app.abandon();
    throw error;
  }
  await stopped.promise;
  await app.stop();
  finished = true;
  return 0;
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
