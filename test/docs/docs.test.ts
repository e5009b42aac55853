import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { routes } from '@portcullis/contracts';
import { parseConfig } from '@portcullis/core';
import { createProgram } from '../../packages/cli/src/program.ts';
import { withReference } from './reference.ts';

const root = new URL('../../', import.meta.url);
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`),
];
const read = (page: string) => readFileSync(new URL(page, root), 'utf8');

test('the reference of the configuration is up to date', () => {
  const page = read('docs/configure.md');
  assert.equal(withReference(page), page, 'docs/configure.md is stale: run `pnpm generate`');
  assert.match(page, /\| `maxretry` \| `3` \| 1 to 1,000 \|/);
});

for (const page of pages) {
  test(`each link of ${page} to a file leads to one`, () => {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(new URL(target, new URL(page, root))), target);
    }
  });

  test(`each piece of configuration in ${page} is valid`, () => {
    for (const [, toml = ''] of read(page).matchAll(/```toml\n([\s\S]*?)```/g)) {
      assert.deepEqual(parseConfig(toml).problems, [], toml);
    }
  });

  test(`each command that ${page} names is one, with its options`, () => {
    const commands = new Map(createProgram().commands.map((command) => [command.name(), command]));
    for (const [line, name = ''] of read(page).matchAll(/(?:^|`|&& )portcullis ([a-z-]+)[^`\n#]*/gm)) {
      const command = commands.get(name);
      assert.ok(command, line);
      const all = [command, ...command.commands].flatMap((one) => one.options.map(({ long }) => long));
      for (const [option] of line.matchAll(/--[a-z-]+/g)) assert.ok(all.includes(option), line);
    }
  });

  test(`each route that ${page} names is one`, () => {
    const known = new Set(
      Object.values(routes).map(({ method, path }) => `${method} ${path.replace(/:\w+/g, '*')}`),
    );
    for (const [, method, path = ''] of read(page).matchAll(/`(GET|POST|DELETE) (\/[^\s`?]+)/g)) {
      const shape = `${method} ${path.replace(/\{\w+\}/g, '*')}`;
      assert.ok(known.has(shape), shape);
    }
  });
}
