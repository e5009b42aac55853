import { describeByteSource } from '../log-source-conformance.ts';
import { createMemoryLogs } from './memory-logs.ts';

describeByteSource('the source over logs in memory', async () => {
  const log = '/var/log/auth.log';
  const logs = createMemoryLogs();
  logs.append(log, '');
  return {
    log,
    source: () => logs.source(),
    append: (text) => logs.append(log, text),
    rotations: { 'rename and create': () => logs.rotate(log), copytruncate: () => logs.copyTruncate(log) },
    close: async () => {},
  };
});
