import { lstatSync } from 'node:fs';
import { visible } from '../terminal.ts';
import { fromDaemon } from './files.ts';
import { type Check, error, type Finding, ok } from './finding.ts';
import { ask, outputOf } from './programs.ts';

export interface SiteSocket {
  readonly id: string;
  readonly path: string;
  readonly mode: 'isolated' | 'shared';
  readonly user: string | null;
  /** Null: there is no such user. */
  readonly uid: number | null;
  /** What is at the path; null where nothing is. */
  readonly file: { readonly isSocket: boolean; readonly uid: number; readonly mode: number } | null;
}

/** Whether each registered site has its socket, and nobody else may open it. */
export const socketsCheck: Check<readonly SiteSocket[] | null> = {
  name: 'sockets',
  gather: ({ client, exec }) =>
    fromDaemon(async () => {
      const sites = await Array.fromAsync(client.all('listRegistrations'));
      return Promise.all(
        sites.map(async ({ id, socket, mode, user }): Promise<SiteSocket> => {
          const found = lstatSync(socket, { throwIfNoEntry: false });
          const entry = user === null ? '' : outputOf(await ask(exec, ['getent', 'passwd', user]));
          return {
            id,
            path: socket,
            mode,
            user,
            uid: entry === '' ? null : Number(entry.split(':')[2]),
            file:
              found === undefined
                ? null
                : { isSocket: found.isSocket(), uid: found.uid, mode: found.mode & 0o777 },
          };
        }),
      );
    }),
  judge(sockets) {
    if (sockets === null || sockets.length === 0) return [];
    const found = sockets.flatMap(judgeSocket);
    return found.length > 0
      ? found
      : [ok('sockets', `Every registered site has its socket (${sockets.length}).`)];
  },
};

function judgeSocket({ id, path, mode, user, uid, file }: SiteSocket): Finding[] {
  const name = visible(id);
  const again = 'portcullis status says why; the daemon makes sockets anew within a minute.';
  if (file === null || !file.isSocket) return [error('sockets', `${name} has no socket ${path}.`, again)];
  if (mode === 'shared') {
    if ((file.mode & 0o007) === 0) return [];
    return [
      error('sockets', `${path} is open to everybody (mode ${file.mode.toString(8)}).`, `chmod 660 ${path}`),
    ];
  }
  if (uid === null) {
    return [
      error(
        'sockets',
        `${name} belongs to ${user}, whom this host does not know.`,
        'Register it with another user.',
      ),
    ];
  }
  if (file.uid !== uid) {
    return [
      error('sockets', `${path} does not belong to ${user}: the panel of ${name} cannot open it.`, again),
    ];
  }
  if ((file.mode & 0o077) !== 0) {
    return [
      error('sockets', `${path} is open to others (mode ${file.mode.toString(8)}).`, `chmod 600 ${path}`),
    ];
  }
  return [];
}
