import { createApp } from '../../packages/daemon/src/app.ts';
import { readConfig } from '../../packages/daemon/src/config-file.ts';
import { createLogger } from '../../packages/daemon/src/log.ts';

/** The daemon with a clock that its parent sets: a message is how far it is ahead of the system's, in milliseconds. */
const configPath = process.argv[2]!;
let ahead = 0;
process.on('message', (message) => {
  ahead = Number(message);
  process.send!('set');
});
const app = createApp({
  config: readConfig(configPath),
  readConfig: () => readConfig(configPath),
  log: await createLogger(),
  clock: { now: () => Date.now() + ahead },
});
await app.start();
process.once('SIGTERM', async () => {
  await app.stop();
  process.exit();
});
