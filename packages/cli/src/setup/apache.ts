import type { ConfigFiles } from './config-files.ts';
import { isHostName, type Vhost } from './vhost.ts';

/** Where Debian, and where Red Hat has the main file; what is relative is so to its ServerRoot. */
const mains = [
  { path: '/etc/apache2/apache2.conf', base: '/etc/apache2' },
  { path: '/etc/httpd/conf/httpd.conf', base: '/etc/httpd' },
];
const maxDepth = 10;

interface Section {
  readonly file: string;
  readonly names: string[];
  readonly php: string[];
  root: string;
  user: string | null;
}

/**
 * The virtual hosts of Apache, by ServerName, ServerAlias, DocumentRoot, the socket of PHP-FPM in SetHandler or ProxyPassMatch,
 * SuexecUserGroup and AssignUserID, through Include and IncludeOptional. `<If…>` sections are read as if they hold; macros and
 * variables are not worked out: a value that holds one is left out. A vhost without a handler of its own takes the server's.
 */
export function readApache(files: ConfigFiles): Vhost[] {
  for (const { path, base } of mains) {
    if (files.expand(path, '/').length === 0) continue;
    const server: Section = { file: path, names: [], php: [], root: '', user: null };
    const vhosts: Section[] = [];
    let current = server;
    for (const { words, file } of directives(files, path, base, 0)) {
      const [name = '', ...values] = words;
      if (/^<virtualhost$/i.test(name)) {
        current = { file, names: [], php: [], root: '', user: null };
        vhosts.push(current);
      } else if (/^<\/virtualhost/i.test(name)) current = server;
      else take(current, name.toLowerCase(), values);
    }
    return [server, ...vhosts]
      .filter(({ root, names }) => root.startsWith('/') && !root.includes('$') && names.length > 0)
      .map((section) => ({
        server: 'apache' as const,
        file: section.file,
        names: section.names.map((one) => one.toLowerCase()).filter(isHostName),
        root: section.root,
        php: section.php.length > 0 ? section.php : server.php,
        user: section.user ?? server.user,
      }));
  }
  return [];
}

function take(section: Section, name: string, values: readonly string[]): void {
  const [first = ''] = values;
  if (name === 'servername') section.names.push(first.replace(/^https?:\/\//, '').replace(/:\d+$/, ''));
  else if (name === 'serveralias') section.names.push(...values);
  else if (name === 'documentroot') section.root = first.replace(/(.)\/$/, '$1');
  else if (name === 'suexecusergroup' || name === 'assignuserid') section.user = first;
  else if (name === 'sethandler' || name === 'proxypassmatch' || name === 'proxypass') {
    const socket = /unix:([^|]+)\|fcgi:|fcgi:\/\/([^/]+:\d+)/.exec(values.join(' '));
    if (socket !== null) section.php.push((socket[1] ?? socket[2])!);
  }
}

function* directives(
  files: ConfigFiles,
  path: string,
  base: string,
  depth: number,
): Generator<{ words: string[]; file: string }> {
  const text = files.text(path).replace(/\\\r?\n/g, ' ');
  for (const line of text.split('\n')) {
    const words = [...line.trim().matchAll(/"((?:\\.|[^"\\])*)"|[^\s"]+/g)].map(
      ([word, quoted]) => quoted ?? word,
    );
    const [name] = words;
    if (name === undefined || name.startsWith('#')) continue;
    if (!/^include(optional)?$/i.test(name)) {
      yield {
        words: words.map((word) => (name.startsWith('<') ? word.replace(/>$/, '') : word)),
        file: path,
      };
    } else if (depth < maxDepth) {
      for (const file of files.expand(words[1] ?? '', base)) yield* directives(files, file, base, depth + 1);
    }
  }
}
