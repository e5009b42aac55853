import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportedBan, reportMessages } from '../../../../test/support/report-messages.ts';
import { testReporter } from '../../../../test/support/reporter-conformance.ts';
import { layoutText, readable, slackFaults } from '../../../../test/support/slack-payload.ts';
import { createSlackReporter } from './slack.ts';
import { slackMessage } from './slack-message.ts';

testReporter({
  name: 'slack',
  create: (url, clock) => createSlackReporter({ url, channel: '', clock }),
  read: ({ received }) =>
    received
      .slice(-reportMessages().length)
      .map(({ body }) => layoutText(body))
      .join('\n'),
  faults: ({ received }) => received.at(-1)!.faults,
});

const [message] = reportMessages();

test('a ban says host, site, jail, address, failures, users, how long, from where, how often before, and how to lift it', () => {
  const payload = slackMessage({ ...message!, content: { kind: 'ban', ban: reportedBan() } }, '');
  for (const text of [readable(String(payload['text'])), layoutText(payload)]) {
    for (const part of [
      'web01',
      'blog.example.com (3), shop.example.com (2)',
      'wordpress',
      '198.51.100.7',
      'NL, AS64500 Example',
      'alice, bob',
      '1d, until 2026-11-22 12:00 UTC',
      '2 times',
      'portcullis unban 198.51.100.7',
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    assert.match(text, /Failures:?\s5/);
  }
});

test('text and layout of every message say the same', () => {
  for (const one of reportMessages('eve_1')) {
    const payload = slackMessage(one, '');
    const words = (text: string) => readable(text).match(/[\p{L}\p{N}_.]+/gu)!;
    assert.deepEqual(words(String(payload['text'])), words(layoutText(payload)), one.content.kind);
  }
});

test('colour and icon: a warning for a ban, good for a start, danger for what needs a person', () => {
  const looks = reportMessages().map((one) => {
    const { attachments, text } = slackMessage(one, '') as { attachments: { color: string }[]; text: string };
    return [one.content.kind, attachments[0]!.color, text.split(' ')[0]].join(' ');
  });
  for (const look of [
    'ban warning :warning:',
    'digest warning :warning:',
    'start good :white_check_mark:',
    'drift danger :rotating_light:',
    'reload_failed danger :rotating_light:',
  ]) {
    assert.ok(looks.includes(look), `${look} in ${looks}`);
  }
});

test('a ban that the firewall refuses is not called a ban', () => {
  const payload = slackMessage(
    { ...message!, content: { kind: 'ban', ban: reportedBan({ state: 'failed' }) } },
    '',
  );
  assert.match(layoutText(payload), /should be banned on web01, and the firewall refuses it/);
});

test('what Mattermost would take for a link, a picture or a mention in a name is none in the text', () => {
  const names = ['[pay](https://evil.example)', '![x](//evil.example/x.png)', '@all', 'a [b][c] d'];
  for (const name of names) {
    const payload = slackMessage(
      { ...message!, content: { kind: 'ban', ban: reportedBan({ users: [name] }) } },
      '',
    );
    const text = String(payload['text']);
    assert.doesNotMatch(text, /\]\(|\]\[|:\/\/|@all/, name);
    assert.ok(readable(text).includes(name), name);
  }
});

test('the channel is named only where one is configured', () => {
  assert.equal(slackMessage(message!, '#ops')['channel'], '#ops');
  assert.ok(!('channel' in slackMessage(message!, '')));
});

test('the check of payloads finds what Slack would refuse or take for mark-up', () => {
  const good = slackMessage(message!, '');
  assert.deepEqual(slackFaults(good), []);
  const section = (text: object) => ({ ...good, blocks: [{ type: 'section', text }] });
  for (const [bad, fault] of [
    [{ ...good, text: 'x'.repeat(40_001) }, /40001/],
    [{ ...good, text: '<!channel>' }, /mark-up/],
    [{ ...good, text: 'a & b' }, /bare &/],
    [{ ...good, mrkdwn: true }, /formatting/],
    [
      { ...good, blocks: Array(50).fill({ type: 'section', text: { type: 'plain_text', text: 'x' } }) },
      /blocks/,
    ],
    [section({ type: 'plain_text', text: 'x'.repeat(3_001) }), /3001/],
    [section({ type: 'mrkdwn', text: '*eve*', verbatim: true }), /formatting in/],
    [section({ type: 'plain_text', text: 'a\u202eb' }), /U\+202e/],
  ] as const) {
    assert.match(slackFaults(bad).join(), fault);
  }
});
