import type { ConfigFiles } from './config-files.ts';
import { isHostName, type Vhost } from './vhost.ts';

/** One directive, with what stands in its braces. */
interface Directive {
  readonly name: string;
  readonly values: readonly string[];
  readonly block: readonly Directive[];
  readonly file: string;
}

const base = '/etc/nginx';
/** `include` in an included file, and so on: nginx itself has no bound, a circle has no end. */
const maxDepth = 10;

/**
 * The servers of nginx. Of its language everything is read that there is (words, quotes, comments, braces, `include`);
 * of its directives only server_name, root, fastcgi_pass and upstream. Variables, and what `if` and `map` decide, are not
 * worked out: a value that holds one is left out.
 */
export function readNginx(files: ConfigFiles): Vhost[] {
  const [main] = files.expand('nginx.conf', base);
  if (main === undefined) return [];
  const all = readFile(files, main, 0);
  const upstreams = new Map(
    [...find(all, 'upstream')].map(({ values, block }) => [
      values[0] ?? '',
      [...find(block, 'server')].map((server) => server.values[0] ?? ''),
    ]),
  );
  return [...find(all, 'server')]
    .filter(({ block }) => block.length > 0)
    .map(({ block, file }) => {
      const passes = [...find(block, 'fastcgi_pass')].map(({ values }) => values[0] ?? '');
      const own = block.find(({ name }) => name === 'root') ?? [...find(block, 'root')][0];
      return {
        server: 'nginx' as const,
        file,
        names: [...find(block, 'server_name')]
          .flatMap(({ values }) => values)
          .map((name) => name.toLowerCase())
          // `.example.com` is example.com and all below it.
          .map((name) => name.replace(/^\./, ''))
          .filter(isHostName),
        root: own?.values[0] ?? '',
        php: passes
          .flatMap((pass) => upstreams.get(pass) ?? [pass])
          .map((pass) => pass.replace(/^unix:/, '')),
        user: null,
      };
    })
    .filter(({ root }) => root.startsWith('/') && !root.includes('$'));
}

/** The directives of a name, however deep. A `server` inside an `upstream` is none of http's. */
function* find(directives: readonly Directive[], name: string): Generator<Directive> {
  for (const directive of directives) {
    if (directive.name === name) yield directive;
    else if (directive.name !== 'upstream') yield* find(directive.block, name);
  }
}

function readFile(files: ConfigFiles, path: string, depth: number): Directive[] {
  const words = split(files.text(path));
  let at = 0;
  const readBlock = (): Directive[] => {
    const found: Directive[] = [];
    let values: string[] = [];
    while (at < words.length) {
      const word = words[at++]!;
      if (word === '}') break;
      if (word !== ';' && word !== '{') {
        values.push(word.replace(/^(["'])(.*)\1$/s, '$2'));
        continue;
      }
      const [name = '', ...rest] = values;
      values = [];
      const block = word === '{' ? readBlock() : [];
      if (name === 'include' && depth < maxDepth) {
        for (const file of files.expand(rest[0] ?? '', base)) found.push(...readFile(files, file, depth + 1));
      } else found.push({ name, values: rest, block, file: path });
    }
    return found;
  };
  return readBlock();
}

/** Words, quoted ones with their quotes, and `;` `{` `}`. */
const split = (text: string): string[] =>
  [...text.matchAll(/#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[;{}]|(?:\\.|\$\{[^}]*\}|[^\s;{}\\])+/gs)]
    .map(([word]) => word)
    .filter((word) => !word.startsWith('#'));
