import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '@portcullis/core';
import { checkWebhook, storeWebhook, withWebhookFile } from './webhook.ts';

const path = '/etc/portcullis/credentials/slack-webhook';
const line = `webhook_url_file = "${path}"`;

test('the file is named in [slack], wherever that stands, and nothing else changes', () => {
  const cases = [
    ['', `[slack]\n${line}\n`],
    ['[slack]\nwebhook_url_file = "" # x\nchannel = "a"\n', `[slack]\n${line}\nchannel = "a"\n`],
    [
      '[slack]\nchannel = "a"\n[reports]\nat = "09:00"\n',
      `[slack]\n${line}\nchannel = "a"\n[reports]\nat = "09:00"\n`,
    ],
    ['[webhook]\nurl = ""\n', `[webhook]\nurl = ""\n\n[slack]\n${line}\n`],
  ] as const;
  for (const [before, after] of cases) {
    const changed = withWebhookFile(before, path);
    assert.equal(changed, after);
    assert.deepEqual(parseConfig(changed).problems, []);
  }
});

test('a configuration that says it in a way of its own is left alone, with what to write', () => {
  for (const text of ['slack = { channel = "a" }\n', '[slack]\nwebhook_credential = "x"\n']) {
    assert.throws(() => withWebhookFile(text, path), { code: 'invalid_config' });
  }
});

test('a URL that messages may not go to is refused and not shown', () => {
  const secret = 'https://evil.example/services/T0/B0/secretsecret';
  assert.throws(
    () => checkWebhook(secret, []),
    (error: Error) => !error.message.includes('secretsecret'),
  );
  assert.equal(
    checkWebhook('https://hooks.slack.com/services/T/B/x\n', []),
    'https://hooks.slack.com/services/T/B/x',
  );
});

test('the URL is stored for its owner alone, once', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-webhook-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'credentials/slack');
  assert.equal(storeWebhook('https://x', file), true);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(storeWebhook('https://x', file), false);
  assert.equal(storeWebhook('https://y', file), true);
});
