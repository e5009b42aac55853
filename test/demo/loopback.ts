import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createRelay } from './relay.ts';

/** A free port of 127.0.0.1 of this machine that leads to a Unix socket. */
export interface Loopback extends AsyncDisposable {
  readonly port: number;
}

export async function openLoopback(socketPath: string): Promise<Loopback> {
  const server = createRelay({ path: socketPath });
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
