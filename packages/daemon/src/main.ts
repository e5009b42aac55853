import fs from 'node:fs';
import path from 'node:path';
import { createApp } from './app.ts';
import { readConfig } from './config-file.ts';
import { createExec } from './exec.ts';
import { createLogger } from './log.ts';
import { createServiceManager } from './systemd.ts';
import { optimize } from './tier-up.ts';

/** Stopping takes no longer than 5 s, whatever hangs; in milliseconds, with time left to say so. */
const stopTimeout = 4_750;
/** A database of this size, in bytes, holds some thousand bans or failures: there is work at the start. */
const largeDatabase = 1024 * 1024;

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
  if (sizeOf(path.join(config.stateDir, 'portcullis.db')) >= largeDatabase) optimize();
  const app = createApp({ config, readConfig: () => readConfig(configPath), log });
  const serviceManager = createServiceManager({
    exec: createExec(),
    socket: process.env['NOTIFY_SOCKET'],
    watchdogUsec: process.env['WATCHDOG_USEC'],
    onError: (error) => log.warn(`systemd cannot be told how the daemon is: ${sentenceOf(error)}`),
  });
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
      .then(() => serviceManager.reloading())
      .then(() => app.reload())
      .catch((error: unknown) => log.error(`The reload failed: ${sentenceOf(error)}`))
      .then(() => serviceManager.ready());
  });
  try {
    await started;
  } catch (error) {
    await app.abandon();
    throw error;
  }
  await serviceManager.ready();
  await stopped.promise;
  void serviceManager.stopping();
  await app.stop();
  finished = true;
  return 0;
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** In bytes; 0 where there is no file, or none that may be looked at: the store says why. */
function sizeOf(file: string): number {
  try {
    return fs.statSync(file).size;
  } catch {
    return 0;
  }
}
