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
const graceMs = 2_000;

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
  checkLength(path);
  await checkFree(path);
  const staging = join(dirname(path), `.${randomInt(36 ** 4).toString(36)}`);
  checkLength(staging);
  try {
    await server.listen({ path: staging });
    await chmod(staging, rights.mode);
    if (rights.uid !== undefined || rights.gid !== undefined) {
      await chown(staging, rights.uid ?? process.getuid!(), rights.gid ?? process.getgid!());
    }
    await rename(staging, path);
  } catch (cause) {
    await server.close();
    await rm(staging, { force: true });
    throw cannotListen(path, cause as NodeJS.ErrnoException);
  }
  const { ino } = await lstat(path);
  return {
    async close() {
      // Removed first: who comes now is told that nobody is there, and a successor's socket is not touched.
      if ((await lstat(path).catch(() => undefined))?.ino === ino) await rm(path, { force: true });
      const force = setTimeout(() => server.server.closeAllConnections(), graceMs);
      await server.close();
      clearTimeout(force);
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
    }[String(cause.code)] ?? cause.message;
  return new PortcullisError('invalid_config', `The socket ${path} cannot be made: ${why}.`, {
    hint: `Create ${dirname(path)} with rights for the daemon, or set run_dir to another directory.`,
    cause,
  });
}
