import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Operations } from '../operations.ts';
import { createAdminCaller } from './caller.ts';
import { createServer, type ServerOptions } from './server.ts';
import { type Listening, listen } from './socket.ts';

/** Answers the administrator on `admin.sock` in the run directory. @throws PortcullisError where it cannot be made */
export async function listenAdmin(
  runDir: string,
  operations: Operations,
  log: ServerOptions['log'],
): Promise<Listening> {
  try {
    mkdirSync(runDir, { recursive: true, mode: 0o755 });
  } catch {
    // Why it is not there is told when the socket cannot be made.
  }
  const caller = createAdminCaller(operations);
  const { http } = await createServer({ admit: () => caller, log });
  return listen(http, join(runDir, 'admin.sock'), { mode: 0o600 });
}
