import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Secret } from '@portcullis/core';
import { reportMessages } from '../../../../test/support/report-messages.ts';
import { testReporter } from '../../../../test/support/reporter-conformance.ts';
import { createSlackServer, type Received } from '../../../../test/support/slack-server.ts';
import { createWebhookReporter, sign, webhookBody } from './webhook.ts';

const key = new Secret('a key of more than sixteen bytes');
const now = Date.parse('2026-11-21T12:00:00.999Z');

testReporter({
  name: 'webhook',
  create: (url, clock) => createWebhookReporter({ url, key, clock }),
  read: ({ received }) =>
    received
      .slice(-reportMessages().length)
      .map(({ body }) => String(body['text']))
      .join('\n'),
  faults: ({ received }) => faultsOf(received.at(-1)!),
});

/** What a receiver that follows the Standard Webhooks would complain about, and what a log of its could be broken by. */
function faultsOf({ headers, raw, body }: Received): string[] {
  const faults: string[] = [];
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${raw}`;
  const signature = createHmac('sha256', key.reveal()).update(signed).digest('base64');
  if (headers['webhook-signature'] !== `v1,${signature}`) faults.push('a wrong signature');
  if (headers['webhook-id'] !== body['id']) faults.push('another id');
  if (!String(headers['content-type']).startsWith('application/json')) faults.push('not JSON');
  if (/(?!\n)\p{C}/u.test(String(body['text']))) faults.push('control characters in the text');
  return faults;
}

test('the signature changes with the key and with the body', async () => {
  await using server = await createSlackServer();
  const signatures = new Set<unknown>();
  for (const secret of [key, new Secret('another key of sixteen bytes')]) {
    for (const message of reportMessages().slice(0, 2)) {
      const reporter = createWebhookReporter({
        url: new Secret(server.url),
        key: secret,
        clock: { now: () => now },
      });
      await reporter.send(message, new AbortController().signal);
      signatures.add(server.received.at(-1)!.headers['webhook-signature']);
    }
  }
  assert.equal(signatures.size, 4);
  assert.equal(server.received[0]!.headers['webhook-timestamp'], String(Math.floor(now / 1000)));
});

test('a ban is told with the API’s names and instants, and sites keep theirs', () => {
  const [message] = reportMessages('timesBanned');
  const body = webhookBody(message!) as { content: { ban: Record<string, unknown> } };
  assert.deepEqual(
    { ...body, text: '', content: { ban: { ...body.content.ban, reason: '' } } },
    {
      id: 'web01/slack/0',
      type: 'ban',
      host: 'web01',
      site: null,
      at: '2026-11-21T12:00:00.000Z',
      severity: 'warning',
      text: '',
      content: {
        ban: {
          id: 1,
          ip: '198.51.100.7',
          jail: 'wordpress',
          since: '2026-11-21T12:00:00.000Z',
          until: '2026-11-22T12:00:00.000Z',
          failures: 5,
          sites: { timesBanned: 3, 'blog.example.com': 2 },
          other_sites: 0,
          users: ['timesBanned', 'bob'],
          times_banned: 3,
          reason: '',
          state: 'active',
          origin: { country: 'NL', asn: 64500, as_name: 'timesBanned' },
          campaign: null,
        },
      },
    },
  );
});

test('the check that the documentation gives takes a genuine message, and none that was changed or is old', async () => {
  const page = readFileSync(new URL('../../../../docs/slack.md', import.meta.url), 'utf8');
  const [, code] = /```js\n(.*?)```/s.exec(page)!;
  const { isGenuine } = await import(
    `data:text/javascript,${encodeURIComponent(`${code}export { isGenuine };`)}`
  );
  const body = JSON.stringify(webhookBody(reportMessages('grün <!here>')[0]!));
  const headers = sign('web01/webhook/1', Date.now(), body, key);
  assert.equal(isGenuine(headers, body, key.reveal()), true);
  assert.equal(isGenuine(headers, `${body} `, key.reveal()), false);
  assert.equal(isGenuine(headers, body, 'another key of sixteen bytes'), false);
  assert.equal(
    isGenuine(sign('web01/webhook/1', Date.now() - 600_000, body, key), body, key.reveal()),
    false,
  );
  assert.equal(isGenuine({}, body, key.reveal()), false);
});
