import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdminCaller } from '../../packages/daemon/src/api/caller.ts';
import { createServer } from '../../packages/daemon/src/api/server.ts';
import { listen } from '../../packages/daemon/src/api/socket.ts';
import { createFakeOperations, type FakeOperations } from './operations.ts';

export interface Served extends AsyncDisposable {
  readonly socketPath: string;
  readonly operations: FakeOperations;
  /** What the server logged as errors. */
  readonly errors: unknown[];
}

/** The real API server of the administrator on a real Unix socket in a directory of its own, answered by the daemon in memory. */
export async function serveFake(operations: FakeOperations = createFakeOperations()): Promise<Served> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-api-'));
  const socketPath = join(directory, 'admin.sock');
  const errors: unknown[] = [];
  const log = { info: () => {}, warn: () => {}, error: (fields: unknown) => void errors.push(fields) };
  const caller = createAdminCaller(operations);
  const { http } = await createServer({ admit: () => caller, log });
  const listening = await listen(http, socketPath, { mode: 0o600 });
  return {
    socketPath,
    operations,
    errors,
    async [Symbol.asyncDispose]() {
      await listening.close();
      await rm(directory, { recursive: true });
    },
  };
}
