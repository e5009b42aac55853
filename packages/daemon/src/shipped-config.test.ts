import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigFile, defaultConfig } from '@portcullis/contracts';
import { parseConfig } from '@portcullis/core';

const text = readFileSync(new URL('../portcullis.toml', import.meta.url), 'utf8');

test('the shipped configuration means the same as an empty one', () => {
  assert.deepEqual(parseConfig(text), parseConfig(''));
});

test('the shipped configuration writes every key that has a default', () => {
  for (const [section, values] of Object.entries(defaultConfig)) {
    const keys = typeof values === 'string' ? [section] : Object.keys(values);
    for (const key of keys) {
      const written = section === 'jails' ? `[jails.${key}]` : `${key} = `;
      assert.ok(text.includes(`\n${written}`), `${section}.${key} is missing`);
    }
  }
});

test('each line of the shipped configuration that is commented out could stand there', () => {
  const examples = text.replace(/^# (\[(?:jails|sites|slack\.sites)\.|[a-z_]+ = )/gm, '$1');
  assert.notEqual(examples, text);
  const { config, problems } = parseConfig(examples);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    config?.jails.map(({ name }) => name),
    ['wordpress', 'wordpress-hard'],
  );
});

test('the shipped configuration names every setting of its sections', () => {
  for (const section of [
    'log',
    'defaults',
    'firewall',
    'retention',
    'slack',
    'webhook',
    'reports',
  ] as const) {
    for (const key of Object.keys(ConfigFile.properties[section].properties)) {
      if (key === 'sites') continue;
      assert.ok(text.includes(`${key} = `), `${section}.${key} is missing`);
    }
  }
});
