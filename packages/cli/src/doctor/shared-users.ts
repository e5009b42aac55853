import { visible } from '../terminal.ts';
import { fromDaemon } from './files.ts';
import { type Check, ok, warning } from './finding.ts';

export interface RegisteredUser {
  readonly id: string;
  readonly user: string | null;
  readonly mode: 'isolated' | 'shared';
}

/** Sites in isolated mode are kept apart by their Unix users: two of one user can open each other's socket. */
export const sharedUsersCheck: Check<readonly RegisteredUser[] | null> = {
  name: 'users',
  gather: ({ client }) => fromDaemon(() => Array.fromAsync(client.all('listRegistrations'))),
  judge(registered) {
    if (registered === null || registered.length === 0) return [];
    const isolated = registered.filter(({ mode }) => mode === 'isolated');
    const groups = Map.groupBy(isolated, ({ user }) => user);
    const found = [...groups].filter(([, sites]) => sites.length > 1);
    if (found.length === 0 && isolated.length > 0) {
      return [ok('users', 'Each site with a socket of its own has a Unix user of its own.')];
    }
    return found.map(([user, sites]) =>
      warning(
        'users',
        `${sites.map(({ id }) => visible(id)).join(', ')} all run as ${user}: each can see and lift the others' bans.`,
        'Give each a PHP-FPM pool with a user of its own; or register them with --mode shared, which may less.',
      ),
    );
  },
};
