import type { Exec } from '@portcullis/daemon/offline';

/** Runs programs as a site's Unix user. */
export type AsUser = (
  argv: readonly [string, ...string[]],
  options?: { readonly timeoutMs?: number },
) => Promise<string>;

/**
 * Whatever touches a site's files or runs its PHP does so with its owner's rights and no others: its owner chose what is there.
 * A session of its own keeps it from typing into the administrator's terminal (TIOCSTI), the environment is the user's, and
 * no set-uid program gives it more.
 */
export const createAsUser =
  (exec: Exec, user: string): AsUser =>
  async (argv, options) => {
    const drop = [
      'setpriv',
      `--reuid=${user}`,
      '--regid',
      await groupOf(exec, user),
      '--init-groups',
    ] as const;
    const limits = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--reset-env'] as const;
    return (await exec(['setsid', '--wait', ...drop, ...limits, '--', ...argv], options)).stdout;
  };

const groupOf = async (exec: Exec, user: string): Promise<string> =>
  (await exec(['getent', 'passwd', user])).stdout.split(':')[3]!;
