import { createApp } from './app.ts';
import { readConfig } from './config-file.ts';
import { createLogger } from './log.ts';

/** Stopping takes no longer than this, whatever hangs, in milliseconds. */
const stopTimeout = 5_000;

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
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  let reloading = Promise.resolve();
  process.on('SIGHUP', () => {
    reloading = reloading
      .then(() => app.reload())
      .catch((error: unknown) => log.error(error, 'The reload failed.'));
  });
  try {
    await app.start();
  } catch (error) {
    await app.abandon();
    throw error;
  }
  const signal = await stopped;
  log.info({ signal }, 'Stopping.');
  const late = setTimeout(() => {
    log.error('Stopping took longer than 5 s; bans in the kernel are as they were.');
    process.exit(1);
  }, stopTimeout - 250);
  await app.stop();
  clearTimeout(late);
  return 0;
}
