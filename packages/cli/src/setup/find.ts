import { existsSync } from 'node:fs';
import type { Exec } from '@portcullis/daemon/offline';
import { readApache } from './apache.ts';
import { ConfigFiles } from './config-files.ts';
import { readPools } from './fpm-pools.ts';
import { findInstalls, type Install } from './installs.ts';
import { readNginx } from './nginx.ts';

export interface Found {
  readonly installs: readonly Install[];
  /** What could not be read, as sentences. */
  readonly troubles: readonly string[];
}

/** Every WordPress that a vhost of this host leads to. @param root put before the paths of web servers' and PHP's configuration; empty, but for tests */
export async function findWordPress(root: string, exec: Exec): Promise<Found> {
  const files = new ConfigFiles(root);
  const vhosts = [...readNginx(files), ...readApache(files)];
  const names = new Map<number, string>();
  const { stdout } = await exec(['getent', 'passwd']);
  for (const line of stdout.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && uid && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  const installs = findInstalls(vhosts, readPools(files), (uid) => names.get(uid) ?? null);
  return { installs, troubles: [...new Set(files.troubles)] };
}

/** The program WP-CLI; null where there is none. */
export const findWpCli = (): string | null =>
  ['/usr/local/bin/wp', '/usr/bin/wp'].find((path) => existsSync(path)) ?? null;
