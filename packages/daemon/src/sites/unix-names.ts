import { PortcullisError } from '@portcullis/contracts';
import type { Exec } from '../exec.ts';
import { ExecError } from '../exec-error.ts';

export interface UnixUser {
  readonly uid: number;
  readonly gid: number;
}

export interface UnixNames {
  /** @throws PortcullisError unknown_user */
  user(name: string): Promise<UnixUser>;
  /** @throws PortcullisError unknown_user */
  group(name: string): Promise<{ readonly gid: number }>;
}

/** Users and groups as the host knows them, from whatever nsswitch.conf names: files, LDAP, systemd. */
export function createUnixNames(exec: Exec): UnixNames {
  async function lookUp(database: 'passwd' | 'group', name: string): Promise<readonly string[]> {
    try {
      const { stdout } = await exec(['getent', database, name]);
      const fields = stdout.split('\n')[0]!.split(':');
      if (fields[0] === name) return fields;
    } catch (error) {
      // 2: no such key (getent(1)).
      if (!(error instanceof ExecError) || error.facts.exitCode !== 2) throw error;
    }
    const kind = database === 'passwd' ? 'user' : 'group';
    throw new PortcullisError('unknown_user', `There is no Unix ${kind} “${name}” on this host.`, {
      hint: `\`getent ${database} ${name}\` must find it. A site’s user is the one that runs its PHP.`,
    });
  }

  return {
    async user(name) {
      const [, , uid, gid] = await lookUp('passwd', name);
      return { uid: Number(uid), gid: Number(gid) };
    },
    async group(name) {
      const [, , gid] = await lookUp('group', name);
      return { gid: Number(gid) };
    },
  };
}
