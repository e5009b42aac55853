import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { routes } from './api.ts';
import { createConfigSchema } from './config-schema.ts';
import { generatedFiles } from './generate.ts';
import { createOpenApi } from './openapi.ts';

test('the generated files are up to date', () => {
  for (const [file, text] of generatedFiles()) {
    assert.equal(readFileSync(file, 'utf8'), text, `${file.pathname} is stale: run \`pnpm generate\``);
  }
});

test('the OpenAPI document has every route once, under its name', () => {
  const { paths } = createOpenApi('1.0.0') as {
    paths: Record<
      string,
      Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>
    >;
  };
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  assert.deepEqual(operations.map((one) => one.operationId).sort(), Object.keys(routes).sort());
});

test('no two paths of the OpenAPI document differ only in the name of a parameter', () => {
  const { paths } = createOpenApi('1.0.0') as { paths: Record<string, unknown> };
  const shapes = Object.keys(paths).map((path) => path.replace(/\{\w+\}/g, '{}'));
  assert.equal(new Set(shapes).size, shapes.length);
});

test('each path parameter of the OpenAPI document is one that its path names', () => {
  const { paths } = createOpenApi('1.0.0') as {
    paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>>;
  };
  for (const [path, item] of Object.entries(paths)) {
    for (const { parameters = [] } of Object.values(item)) {
      const named = parameters.filter((one) => one.in === 'path').map((one) => `{${one.name}}`);
      assert.deepEqual(named, path.match(/\{\w+\}/g) ?? []);
    }
  }
});

test('every reference of the OpenAPI document leads somewhere', () => {
  const document = createOpenApi('1.0.0');
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  assert.ok(references.length > 10);
  for (const path of references) {
    const target = path
      .split('/')
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
    assert.ok(target, path);
  }
});

test('the schema of the configuration names the default of a key', () => {
  const { properties } = createConfigSchema() as {
    properties: { defaults: { properties: { findtime: { default: unknown } } } };
  };
  assert.equal(properties.defaults.properties.findtime.default, '3h');
});
