export { createApp, version } from './app.ts';
export { describeProblem, readConfig } from './config-file.ts';
export { hostExemptions } from './host-networks.ts';
export type { DaemonEvent, Operations } from './operations.ts';
export { expandLogs, readLog } from './sources/read-log.ts';
