import type { ConfigFiles } from './config-files.ts';

/** A pool of PHP-FPM: its processes have one Unix user. */
export interface Pool {
  readonly name: string;
  readonly user: string;
  readonly group: string;
  /** The socket's path, or address and port. */
  readonly listen: string;
}

const patterns = ['/etc/php/*/fpm/pool.d/*.conf', '/etc/php-fpm.d/*.conf'];

export const readPools = (files: ConfigFiles): Pool[] =>
  patterns.flatMap((pattern) => files.expand(pattern, '/')).flatMap((path) => poolsOf(files.text(path)));

/** The pools of one file, in PHP's ini form. */
function poolsOf(text: string): Pool[] {
  return text
    .split(/^(?=\s*\[)/m)
    .map((section) => {
      const name = /^\s*\[([^\]\n]+)\]/.exec(section)?.[1] ?? '';
      const value = (key: string) => {
        const found =
          new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(.*?)[ \\t]*(?:;.*)?$`, 'm').exec(section)?.[1] ?? '';
        return found.replace(/^"(.*)"$/, '$1').replaceAll('$pool', name);
      };
      const user = value('user');
      return { name, user, group: value('group') || user, listen: value('listen') };
    })
    .filter(({ name, user }) => name !== '' && name !== 'global' && user !== '');
}
