import { lstatSync, opendirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Pool } from './fpm-pools.ts';
import type { Vhost } from './vhost.ts';

/** A WordPress on this host, and who it is. */
export interface Install {
  /** Where its wp-load.php lies. */
  readonly path: string;
  /** As its log lines name it: hosts, with the folder where it is in one. The first is the main one. */
  readonly domains: readonly string[];
  /** The Unix user of its PHP; null where that is not known. */
  readonly user: string | null;
  /** How that is known, or why not. */
  readonly how: string;
}

/** Folders of a root that are looked into, one level deep. */
const maxFolders = 500;

/** @param nameOf the Unix name of a user id; null where it has none */
export function findInstalls(
  vhosts: readonly Vhost[],
  pools: readonly Pool[],
  nameOf: (uid: number) => string | null,
): Install[] {
  const byPath = new Map<string, { vhost: Vhost; domains: string[] }[]>();
  for (const vhost of vhosts) {
    for (const { path, folder } of wordPressesIn(vhost.root)) {
      const domains = vhost.names.map((name) => (folder === '' ? name : `${name}/${folder}`));
      byPath.set(path, [...(byPath.get(path) ?? []), { vhost, domains }]);
    }
  }
  return [...byPath].map(([path, found]) => {
    // A vhost of its own says more than one whose folder holds it.
    const own = found.filter(({ vhost }) => vhost.root === path);
    const by = own.length > 0 ? own : found;
    return {
      path,
      domains: [...new Set(by.flatMap(({ domains }) => domains))],
      ...userOf(
        path,
        by.map(({ vhost }) => vhost),
        pools,
        nameOf,
      ),
    };
  });
}

/** Nothing of what a site's owner may have put there is read or followed but its root: names and kinds only. */
function* wordPressesIn(folder: string): Generator<{ path: string; folder: string }> {
  if (isWordPress(folder)) yield { path: folder, folder: '' };
  let left = maxFolders;
  for (const name of foldersOf(folder)) {
    if (left-- === 0) return;
    if (/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name) && isWordPress(join(folder, name))) {
      yield { path: join(folder, name), folder: name };
    }
  }
}

function foldersOf(path: string): string[] {
  try {
    using directory = opendirSync(path);
    const names: string[] = [];
    for (
      let entry = directory.readSync();
      entry !== null && names.length < 10_000;
      entry = directory.readSync()
    ) {
      if (entry.isDirectory()) names.push(entry.name);
    }
    return names.sort();
  } catch {
    return [];
  }
}

/** WordPress takes its wp-config.php from above, unless another WordPress lies there. */
const isWordPress = (path: string): boolean =>
  isFile(join(path, 'wp-load.php')) &&
  (isFile(join(path, 'wp-config.php')) ||
    (isFile(join(dirname(path), 'wp-config.php')) && !isFile(join(dirname(path), 'wp-settings.php'))));

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}

function userOf(
  path: string,
  vhosts: readonly Vhost[],
  pools: readonly Pool[],
  nameOf: (uid: number) => string | null,
): Pick<Install, 'user' | 'how'> {
  const known = vhosts.flatMap((vhost) => usersOf(vhost, pools));
  const users = [...new Set(known.map(({ user }) => user))];
  if (users.length === 1) return known[0]!;
  if (users.length > 1) return { user: null, how: `its vhosts name several: ${users.join(', ')}` };
  const owner = statSync(path).uid;
  const user = nameOf(owner);
  // Files of root say nothing about who runs them.
  if (user === null || owner === 0) return { user: null, how: 'no PHP-FPM pool is named by its vhost' };
  const same = lstatSync(join(path, 'wp-load.php')).uid === owner;
  return same
    ? { user, how: 'the owner of its files, because no pool is known' }
    : { user: null, how: 'no pool is known, and its files belong to several users' };
}

function usersOf(vhost: Vhost, pools: readonly Pool[]): { user: string; how: string }[] {
  if (vhost.user !== null) return [{ user: vhost.user, how: `named in ${vhost.file}` }];
  return pools
    .filter(({ listen }) => vhost.php.includes(listen) || vhost.php.includes(`127.0.0.1:${listen}`))
    .map(({ name, user }) => ({ user, how: `PHP-FPM pool ${name}` }));
}
