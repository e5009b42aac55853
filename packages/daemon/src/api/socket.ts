import { randomInt } from 'node:crypto';
import { chmod, chown, lstat, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { PortcullisError } from '@portcullis/contracts';
import type { FastifyInstance } from 'fastify';

export interface SocketRights {
  /** As in chmod, for example 0o600. */
  readonly mode: number;
  /** Left out: the daemon's own. */
  readonly uid?: number;
  readonly gid?: number;
}

export interface Listening {
  /** Ends event streams, waits for running requests (at most `graceMs`), removes the socket. */
  close(): Promise<void>;
}

/** Linux' `sun_path` holds 108 bytes, the closing NUL among them (unix(7)). */
export const maxSocketPathBytes = 107;
/** How long running requests may take when the socket closes. */
export const graceMs = 2_000;

/**
 * Serves on a Unix socket. It is made under another name, gets its rights, and is renamed into place: whoever finds
 * the path finds a socket with these rights that answers. The socket of a dead daemon is replaced.
 *
 * @throws PortcullisError already_running where a live daemon has the socket; invalid_config where the path cannot be one
 */
export async function listen(
  server: FastifyInstance,
  path: string,
  rights: SocketRights,
): Promise<Listening> {
  const placed = await placeSocket(path, rights, {
    listen: async (staging) => {
      await server.listen({ path: staging });
    },
    close: () => server.close(),
  });
  return {
    async close() {
      await placed.remove();
      const force = setTimeout(() => server.server.closeAllConnections(), graceMs);
      await server.close();
      clearTimeout(force);
    },
  };
}

/** What can listen on a path. */
export interface Listener {
  listen(path: string): Promise<void>;
  close(): Promise<unknown>;
}

export interface PlacedSocket {
  /** Whether the path still leads to this socket. */
  isInPlace(): Promise<boolean>;
  /** Removes the path, unless another socket has taken its place. */
  remove(): Promise<void>;
}

/** Makes a listener's socket appear at the path, complete with its rights; see `listen`. Closes it where that fails. */
export async function placeSocket(
  path: string,
  rights: SocketRights,
  listener: Listener,
): Promise<PlacedSocket> {
  checkLength(path);
  await checkFree(path);
  const staging = join(dirname(path), `.${randomInt(36 ** 4).toString(36)}`);
  checkLength(staging);
  try {
    await listener.listen(staging);
    await chmod(staging, rights.mode);
    if (rights.uid !== undefined || rights.gid !== undefined) {
      await chown(staging, rights.uid ?? process.getuid!(), rights.gid ?? process.getgid!());
    }
    await rename(staging, path);
  } catch (cause) {
    await listener.close();
    await rm(staging, { force: true });
    throw cannotListen(path, cause as NodeJS.ErrnoException);
  }
  const { ino } = await lstat(path);
  const isInPlace = async () => (await lstat(path).catch(() => undefined))?.ino === ino;
  return {
    isInPlace,
    async remove() {
      // Removed before the listener ends: who comes now is told that nobody is there.
      if (await isInPlace()) await rm(path, { force: true });
    },
  };
}

function checkLength(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= maxSocketPathBytes) return;
  throw new PortcullisError(
    'invalid_config',
    `The socket path ${path} has ${bytes} bytes; Linux allows ${maxSocketPathBytes}.`,
    { hint: 'Set run_dir to a shorter path.' },
  );
}

async function checkFree(path: string): Promise<void> {
  // Asked beforehand: libuv reports a missing directory as EACCES.
  await lstat(dirname(path)).catch((cause) => {
    throw cannotListen(path, cause);
  });
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new PortcullisError('invalid_config', `${path} exists and is not a socket.`, {
      hint: `Remove it, or set run_dir to another directory.`,
    });
  }
  if (await answers(path)) {
    throw new PortcullisError('already_running', `A daemon already listens on ${path}.`, {
      hint: 'Stop it first: systemctl stop portcullis',
    });
  }
}

/** Whether a process listens behind the socket: a dead one's socket refuses the connection. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const done = (answer: boolean) => {
      probe.destroy();
      resolve(answer);
    };
    probe.once('connect', () => done(true));
    probe.once('error', (error: NodeJS.ErrnoException) => {
      done(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function cannotListen(path: string, cause: NodeJS.ErrnoException): PortcullisError {
  const why =
    {
      ENOENT: 'its directory does not exist',
      EACCES: 'its directory cannot be written',
      EROFS: 'the file system is read-only',
      EPERM: 'the daemon may not give it away, because it does not run as root',
    }[String(cause.code)] ?? cause.message;
  return new PortcullisError('invalid_config', `The socket ${path} cannot be made: ${why}.`, {
    hint: `Create ${dirname(path)} with rights for the daemon, or set run_dir to another directory.`,
    cause,
  });
}
