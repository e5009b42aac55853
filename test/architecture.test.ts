import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');

interface Import {
  /** The file that imports, from the root of the workspace. */
  readonly from: string;
  /** A file of the workspace, a package, or a module of Node. */
  readonly of: string;
  /** `import type`, which is gone when the program runs. */
  readonly typeOnly: boolean;
  /** Neither `import()` nor `require()`. */
  readonly isStatic: boolean;
}

const sources = globSync(['packages/*/src/**/*.ts', 'packages/*/bin/*.js'], { cwd: root }).sort();
const isTest = (path: string) => /\.test\.ts$|\/crash-child\.ts$/.test(path);
const product = sources.filter((path) => !isTest(path));
const imports = product.flatMap(importsOf);

function importsOf(from: string): Import[] {
  const text = codeOf(from);
  const found: Import[] = [];
  const patterns = [
    { pattern: /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'/gm, isStatic: true },
    { pattern: /^import()\s+'([^']+)'/gm, isStatic: true },
    { pattern: /\b(?:import|require)\((type)?\s*'([^']+)'/g, isStatic: false },
  ];
  for (const { pattern, isStatic } of patterns) {
    for (const [, type, name] of text.matchAll(pattern)) {
      const of = name!.startsWith('.') ? normalize(join(dirname(from), name!)) : name!;
      found.push({ from, of, typeOnly: Boolean(type), isStatic });
    }
  }
  return found;
}

/** Without comments, so that what a comment mentions is not taken for code. */
function codeOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}

const inPackage = (name: string) => imports.filter(({ from }) => from.startsWith(`packages/${name}/`));

function assertNone(offenders: readonly Import[], reason: string): void {
  assert.deepEqual(
    offenders.map(({ from, of }) => `${from} imports ${of}`),
    [],
    reason,
  );
}

const isFileOf = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(folder));

test('the rules see the code that they judge', () => {
  for (const name of ['contracts', 'core', 'client', 'cli', 'daemon']) {
    assert.ok(inPackage(name).length > 10, `few imports found in packages/${name}`);
  }
  assert.ok(imports.some(({ isStatic }) => !isStatic));
  assert.ok(imports.some(({ typeOnly }) => typeOnly));
});

test('a package is imported by its name, because its files are its own affair', () => {
  const owner = (path: string) => path.split('/').slice(0, 2).join('/');
  assertNone(
    imports.filter(({ from, of }) => of.includes('/src/') && owner(of) !== owner(from)),
    'a path into another package ties two packages to one layout',
  );
});

const mayImport: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  core: ['@portcullis/contracts'],
  client: ['@portcullis/contracts'],
  'origin-data': ['@portcullis/core'],
  daemon: ['@portcullis/contracts', '@portcullis/core', '@portcullis/origin-data'],
  cli: ['@portcullis/contracts', '@portcullis/core', '@portcullis/client', '@portcullis/daemon'],
  packaging: ['@portcullis/cli', '@portcullis/daemon', '@portcullis/origin-data'],
};
for (const [name, allowed] of Object.entries(mayImport)) {
  test(`${name} imports of ours only ${allowed.join(', ') || 'nothing'}, because data flows one way`, () => {
    assertNone(
      inPackage(name).filter(
        ({ of }) =>
          of.startsWith('@portcullis/') && !allowed.some((one) => of === one || of.startsWith(`${one}/`)),
      ),
      `${name} stands to the left of what it imports`,
    );
  });
}

test('contracts needs nothing but types of its schema library, because it runs in browsers', () => {
  // The generator writes files and the document builders feed it; neither is part of what the package exports.
  const generator = 'packages/contracts/src/generate.ts';
  assertNone(
    inPackage('contracts').filter(
      ({ from, of, typeOnly }) =>
        from !== generator &&
        !of.startsWith('packages/contracts/') &&
        !(typeOnly && of === 'json-schema-to-ts'),
    ),
    'a module of Node or a library would follow the contracts into the panel',
  );
});

test('core imports no module of Node, because a decision must not have effects', () => {
  assertNone(
    inPackage('core').filter(({ of }) => of.startsWith('node:')),
    'core decides, the daemon acts',
  );
});

test('core reads no clock, no chance and no environment, because the same input must give the same decision', () => {
  const impure =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\b|\bperformance\b|\bTemporal\.Now\b|\bcrypto\b|\bset(Timeout|Interval|Immediate)\b|\bfetch\(|\bglobalThis\b/;
  const offenders = product
    .filter((path) => path.startsWith('packages/core/'))
    .filter((path) => impure.test(codeOf(path)))
    .map((path) => `${path}: ${impure.exec(codeOf(path))![0]}`);
  assert.deepEqual(offenders, [], '`now` and random numbers are arguments');
});

test('core waits for nothing, because a decision is made within one line', () => {
  const offenders = product
    .filter((path) => path.startsWith('packages/core/'))
    .filter((path) => /\basync\b|\bawait\b/.test(codeOf(path)));
  assert.deepEqual(offenders, [], 'core is synchronous');
});

const adapters = ['sources', 'firewall', 'store', 'api', 'reporters', 'fleet'];
for (const adapter of adapters) {
  const folder = `packages/daemon/src/${adapter}/`;
  if (!product.some((path) => path.startsWith(folder))) continue;
  test(`daemon/${adapter} imports core, contracts, exec.ts and shipped-file.ts only, because only app.ts knows every adapter`, () => {
    assertNone(
      inPackage('daemon').filter(
        ({ from, of, typeOnly }) =>
          isFileOf(from, folder) &&
          of.startsWith('packages/') &&
          !isFileOf(of, folder) &&
          !/^packages\/daemon\/src\/(exec(-error)?|shipped-file)\.ts$/.test(of) &&
          // What the API asks of the daemon is an interface: the types are its port.
          !(typeOnly && of === 'packages/daemon/src/operations.ts'),
      ),
      'an adapter that knows its neighbour cannot be replaced alone',
    );
  });
}

test('exec.ts starts every process, because one place must set argv, timeout and the absence of a shell', () => {
  assertNone(
    imports.filter(
      ({ from, of, typeOnly }) =>
        !typeOnly &&
        /^(node:)?child_process$|^execa$|^node:cluster$/.test(of) &&
        from !== 'packages/daemon/src/exec.ts',
    ),
    'the only spawn is packages/daemon/src/exec.ts',
  );
});

test('no program of ours calls a shell, because log text must never reach one', () => {
  const offenders = product.filter((path) =>
    /\bshell:\s*true\b|\bexecSync\(|['"](\/bin\/)?(ba)?sh['"],\s*\[?['"]-c/.test(codeOf(path)),
  );
  assert.deepEqual(offenders, []);
});

test('the daemon never imports node:http as an ES module, because its lazy getters load undici: 15 MB', () => {
  assertNone(
    inPackage('daemon').filter(
      ({ of, typeOnly, isStatic }) => !typeOnly && isStatic && /^node:https?$|^undici$/.test(of),
    ),
    'the daemon must stay under 80 MB; require() of node:http does not load undici',
  );
});

test('the command line loads the daemon and the core only in commands that run them, because every other command must start fast', () => {
  const loaded = new Set(['packages/cli/src/main.ts']);
  // A set's iteration reaches what is added to it on the way.
  for (const path of loaded) {
    for (const { from, of, typeOnly, isStatic } of imports) {
      if (from === path && isStatic && !typeOnly) loaded.add(of);
    }
  }
  assert.ok(loaded.size > 10);
  assert.deepEqual(
    [...loaded].filter((of) => /^@portcullis\/(core|daemon)/.test(of)),
    [],
    'import() it inside the command',
  );
});

test('client and contracts know no file system, because what they say goes over the socket', () => {
  assertNone(
    [...inPackage('client')].filter(({ of }) => /^node:(fs|child_process|sqlite)/.test(of)),
    'a client that reads the state directory would need root',
  );
});

test('every file is imported by another or is an entrance, because dead code misleads', () => {
  const manifests = globSync('packages/*/package.json', { cwd: root }).flatMap((path) => {
    const { exports = {}, bin = {}, scripts = {} } = JSON.parse(readFileSync(join(root, path), 'utf8'));
    const started = Object.values(scripts).map((script) => String(script).replace(/^node /, ''));
    return [...Object.values(exports), ...Object.values(bin), ...started].map((file) =>
      normalize(join(dirname(path), String(file))),
    );
  });
  const scripts = readFileSync(join(root, 'package.json'), 'utf8');
  const known = new Set([...manifests, ...sources.flatMap(importsOf).map(({ of }) => of)]);
  assert.deepEqual(
    product.filter((path) => !known.has(path) && !scripts.includes(path)),
    [],
  );
});
