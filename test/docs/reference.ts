import { createConfigSchema } from '../../packages/contracts/src/config-schema.ts';
import { durationPattern } from '../../packages/contracts/src/duration.ts';
import { filterNames, messages } from '../../packages/core/src/filters/wordpress.ts';

/*
 * The parts of docs/configure.md that the code knows better: every key of the configuration, and every message of the
 * filters. They stand between `<!-- generated: NAME -->` and `<!-- end -->`.
 */

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Of `jails` and `sites`; false elsewhere. */
  readonly additionalProperties?: Schema;
}

const parts: Readonly<Record<string, () => string>> = { keys: keyTables, messages: messageTable };

/** The page with its generated parts as they must be now. @throws where it names a part that there is not */
export function withReference(page: string): string {
  return page.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_whole, begin: string, name: string, end: string) => {
      const part = parts[name];
      if (part === undefined) throw new Error(`There is no generated part ${name}.`);
      return `${begin}\n${part()}\n${end}`;
    },
  );
}

function keyTables(): string {
  const { properties = {} } = createConfigSchema() as Schema;
  const defaults = properties['defaults']?.properties ?? {};
  const top = Object.entries(properties).filter(([, { type }]) => type !== 'object');
  const sections = Object.entries(properties).filter(([, { type }]) => type === 'object');
  return [
    table('At the top of the file', top),
    ...sections.map(([name, schema]) =>
      name === 'jails' || name === 'sites'
        ? namedTable(name, schema, defaults)
        : table(`\`[${name}]\``, Object.entries(schema.properties ?? {})),
    ),
  ].join('\n');
}

const named = {
  jails: {
    title: '`[jails.<name>]`, besides every key of `[defaults]`',
    standing: { enabled: true, filter: ['wordpress-hard', 'wordpress-soft'] } as Record<string, unknown>,
  },
  sites: {
    title: '`[sites.<id>]`: see [panel.md](panel.md)',
    standing: { mode: 'isolated' } as Record<string, unknown>,
  },
} as const;

/** Sections that the administrator names. Of a jail only what it has besides the keys of `[defaults]`. */
function namedTable(
  name: keyof typeof named,
  { additionalProperties }: Schema,
  defaults: Readonly<Record<string, Schema>>,
): string {
  const own = Object.entries(additionalProperties?.properties ?? {}).filter(([key]) => !(key in defaults));
  const { title, standing } = named[name];
  return table(
    title,
    own.map(([key, schema]) => [key, { ...schema, default: standing[key] }]),
  );
}

function table(title: string, entries: readonly (readonly [string, Schema])[]): string {
  const rows = entries.map(
    ([key, schema]) =>
      `| \`${key}\` | ${spell(schema.default)} | ${cell(allowed(schema))} | ${cell(schema.description ?? '')} |`,
  );
  return [`### ${title}`, '', '| key | default | allowed | meaning |', '|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

const spell = (value: unknown): string => (value === undefined ? 'none' : `\`${JSON.stringify(value)}\``);
const cell = (text: string): string => text.replaceAll('|', '\\|');

function allowed(schema: Schema): string {
  const { type, enum: words, pattern, minimum, maximum, exclusiveMinimum, anyOf, items } = schema;
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  if (anyOf?.some((one) => one.pattern === durationPattern)) return 'a duration';
  if (anyOf !== undefined) return anyOf.map(allowed).join(' or ');
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'object') return 'tables';
  if (type === 'array') return `${listSize(schema)} of: ${allowed(items ?? {})}`;
  if (exclusiveMinimum !== undefined) return `a number above ${exclusiveMinimum}`;
  if (minimum !== undefined) return `${grouped(minimum)} to ${grouped(maximum!)}`;
  return pattern === '^/' ? 'an absolute path' : 'text';
}

const listSize = ({ minItems = 0, maxItems }: Schema): string =>
  maxItems === undefined
    ? minItems > 0
      ? 'a list, not empty,'
      : 'a list'
    : `a list of up to ${maxItems}, each`;

const grouped = (value: number): string => value.toLocaleString('en');

function messageTable(): string {
  const rows = messages.map(({ words, rest, ending, event, channel, filters }) => {
    const middle = { nothing: '', user: '{user}', number: '{number}', anything: '…' }[rest];
    const counted = filterNames(filters).map((name) => name.replace('wordpress-', ''));
    const named = channel === null || channel === 'login' ? event : `${event} (${channel})`;
    return `| \`${words}${middle}${ending}\` | ${named} | ${counted.join(', ') || '–'} |`;
  });
  return ['| message, before ` from ADDRESS` | event | filter |', '|---|---|---|', ...rows, ''].join('\n');
}
