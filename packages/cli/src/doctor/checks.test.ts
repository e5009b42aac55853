import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '@portcullis/core';
import { createExec } from '@portcullis/daemon/offline';
import { clockCheck } from './clock.ts';
import { diskCheck } from './disk.ts';
import { fail2banCheck } from './fail2ban.ts';
import { type Finding, type Place, runnable, warning } from './finding.ts';
import { firewallCheck } from './firewall.ts';
import { misdirectedCheck } from './misdirected.ts';
import { otherFirewallsCheck } from './other-firewalls.ts';
import { proxiesCheck } from './proxies.ts';
import { selfTestCheck } from './self-test.ts';
import { sharedUsersCheck } from './shared-users.ts';
import { sitesCheck } from './sites.ts';
import { slackCheck } from './slack.ts';
import { socketsCheck } from './sockets.ts';

const now = Date.parse('2026-11-21T20:00:00Z');
const iso = (ms: number) => new Date(ms).toISOString();
/** `level check` of each finding. */
const told = (findings: readonly Finding[]) => findings.map(({ level, check }) => `${level} ${check}`);

/** A host of files in a directory of its own, for what is gathered. */
function createPlace(files: Readonly<Record<string, string>>, config = ''): Place & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'portcullis-doctor-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o644 });
  }
  return {
    root,
    config: parseConfig(config).config!,
    exec: createExec({ path: '/nonexistent' }),
    client: undefined as never,
    socketPath: '',
    now,
    syslogSocket: '',
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

test('each finding that is not ok says what to do', () => {
  assert.equal(warning('x', 'It is so.', 'Do this.').do, 'Do this.');
});

test('a check that fails is an error of its name, and throws nothing', async () => {
  const broken = runnable({
    name: 'broken',
    gather: () => {
      throw new Error('no such thing\nat x');
    },
    judge: () => [],
  });
  using place = createPlace({});
  assert.deepEqual(told(await broken(place)), ['error broken']);
});

const works = { output: '' };
const fails = { failure: 'not found' };
const firewall = {
  backend: 'auto',
  root: true,
  version: { output: 'iptables v1.8.9 (nf_tables)' },
  chains: works,
  chains6: works,
  sets: works,
  tables: works,
  legacyTables: [],
};
const firewallCases: readonly [string, Partial<typeof firewall> | object, string[]][] = [
  ['everything works', {}, ['ok iptables', 'ok ip6tables', 'ok ipset', 'ok variant']],
  ['no ipset', { sets: fails }, ['ok iptables', 'ok ip6tables', 'error ipset', 'ok variant']],
  [
    'no ipset, which nobody needs',
    { sets: fails, backend: 'iptables' },
    ['ok iptables', 'ok ip6tables', 'ok variant'],
  ],
  [
    'nft beside legacy',
    { legacyTables: ['filter'] },
    ['ok iptables', 'ok ip6tables', 'ok ipset', 'warning variant'],
  ],
  [
    'legacy beside nft',
    {
      version: { output: 'iptables v1.8.9 (legacy)' },
      tables: { output: 'table ip filter\ntable inet other\n' },
    },
    ['ok iptables', 'ok ip6tables', 'ok ipset', 'warning variant'],
  ],
  ['nftables alone', { backend: 'nftables', chains: fails }, ['ok nftables']],
  ['dry-run', { backend: 'dry-run' }, ['warning firewall']],
  ['not root', { root: false }, ['warning firewall']],
];
for (const [what, facts, findings] of firewallCases) {
  test(`firewall: ${what}`, () => {
    assert.deepEqual(told(firewallCheck.judge({ ...firewall, ...facts }, now)), findings);
  });
}

test('ufw, and nftables that flushes everything, are found by their files', async () => {
  using place = createPlace({ 'etc/ufw/ufw.conf': 'ENABLED=yes\n', 'etc/nftables.conf': 'flush ruleset\n' });
  const facts = await otherFirewallsCheck.gather(place);
  assert.deepEqual(told(otherFirewallsCheck.judge(facts, now)), ['ok ufw']);
  const flushed = otherFirewallsCheck.judge(
    { ...facts, ufw: false, nftablesFlushes: true, docker: true },
    now,
  );
  assert.deepEqual(told(flushed), ['ok docker', 'warning nftables']);
});

test('a fail2ban jail on WordPress lines is a warning while it runs', async () => {
  using place = createPlace({
    'etc/fail2ban/jail.local': '[sshd]\nenabled = true\n[blog]\nfilter = wordpress-hard\n',
    'etc/fail2ban/jail.d/wp.conf': '[wordpress]\nenabled = false\n',
  });
  const facts = await fail2banCheck.gather(place);
  assert.deepEqual(facts.jails, [{ name: 'blog', file: '/etc/fail2ban/jail.local' }]);
  assert.deepEqual(told(fail2banCheck.judge(facts, now)), ['warning fail2ban']);
  assert.deepEqual(told(fail2banCheck.judge({ ...facts, running: ['sshd'] }, now)), ['ok fail2ban']);
  assert.deepEqual(told(fail2banCheck.judge({ ...facts, running: ['blog'] }, now)), ['warning fail2ban']);
});

test('a clock that nobody sets, and a zone that is not the host’s, are told', () => {
  const good = { zone: 'UTC', hostZone: 'Etc/UTC', synchronized: true };
  assert.deepEqual(told(clockCheck.judge(good, now)), ['ok clock']);
  assert.deepEqual(told(clockCheck.judge({ ...good, synchronized: false }, now)), ['warning clock']);
  assert.deepEqual(told(clockCheck.judge({ ...good, hostZone: 'Asia/Tokyo' }, now)), [
    'ok clock',
    'warning zone',
  ]);
  assert.deepEqual(told(clockCheck.judge(good, 0)), ['error clock']);
});

test('a disk is full, tight, or neither', () => {
  const level = (free: number) => diskCheck.judge({ stateDir: '/s', free }, now)[0]?.level;
  assert.deepEqual([level(1e6), level(1e8), level(1e9)], ['error', 'warning', 'ok']);
});

test('a line that a filter counts, in a log that is not read, is a warning', async () => {
  const counted = 'wordpress(a.example)[1]: Pingback error 17 generated from 198.51.100.7';
  using place = createPlace(
    {
      'var/log/syslog': `${iso(now - 1000)} web ${counted}\n`,
      'var/log/messages': `${iso(now - 1000)} web wordpress(a.example)[1]: Accepted password for bob from 198.51.100.7\n`,
    },
    'log.files = ["/var/log/other.log"]',
  );
  const facts = await misdirectedCheck.gather(place);
  assert.deepEqual(facts, [{ path: '/var/log/syslog', latest: now - 1000 }]);
  assert.deepEqual(told(misdirectedCheck.judge(facts, now)), ['warning other logs']);
  assert.deepEqual(told(misdirectedCheck.judge(facts, now + 9e8)), ['ok other logs']);
});

test('a webhook’s file that is open to others is an error; one in the configuration a warning', async () => {
  using place = createPlace({ 'etc/hook': 'x' }, 'slack.webhook_url_file = "/etc/hook"');
  assert.deepEqual(told(slackCheck.judge(await slackCheck.gather(place), now)), ['error slack']);
  using absent = createPlace({}, 'slack.webhook_url_file = "/etc/hook"');
  assert.deepEqual(told(slackCheck.judge(await slackCheck.gather(absent), now)), ['error slack']);
  using plain = createPlace({}, 'slack.webhook_url = "https://hooks.slack.com/services/T/B/x"');
  assert.deepEqual(told(slackCheck.judge(await slackCheck.gather(plain), now)), ['warning slack']);
});

test('two isolated sites of one user are not isolated', () => {
  const site = (id: string, user: string, mode: 'isolated' | 'shared' = 'isolated') => ({ id, user, mode });
  const [found] = sharedUsersCheck.judge([site('a', 'www'), site('b', 'www'), site('c', 'c')], now);
  assert.match(`${found?.level} ${found?.sentence}`, /^warning a, b all run as www/);
  assert.deepEqual(told(sharedUsersCheck.judge([site('a', 'www'), site('b', 'www', 'shared')], now)), [
    'ok users',
  ]);
});

test('a site’s socket must be there, be its user’s, and be closed to others', () => {
  const good = { id: 'a', path: '/s', mode: 'isolated', user: 'a', uid: 7 } as const;
  const level = (file: { isSocket: boolean; uid: number; mode: number } | null) =>
    socketsCheck.judge([{ ...good, file }], now)[0]?.level;
  assert.equal(level({ isSocket: true, uid: 7, mode: 0o600 }), 'ok');
  for (const file of [
    null,
    { isSocket: false, uid: 7, mode: 0o600 },
    { isSocket: true, uid: 8, mode: 0o600 },
    { isSocket: true, uid: 7, mode: 0o666 },
  ])
    assert.equal(level(file), 'error');
});

test('sites that were registered and never wrote are named', () => {
  const registered = { id: 'a', last_event_at: null } as never;
  assert.deepEqual(told(sitesCheck.judge({ seen: [], registered: [registered] }, now)), [
    'warning sites',
    'warning sites',
  ]);
});

test('a site whose failures all come from a proxy is told from one that is attacked', () => {
  const from = (ips: string[], networks: { asn: number; name: string }[] = []) =>
    proxiesCheck.judge(
      [
        {
          site: 'a',
          networks,
          failures: Array.from({ length: 30 }, (_, at) => ({ ip: ips[at % ips.length]!, user: null })),
        },
      ],
      now,
    )[0]?.level;
  assert.equal(from(['10.0.0.1']), 'warning');
  assert.equal(from(['198.51.100.1', '198.51.100.2', '198.51.100.3']), 'warning');
  assert.equal(from(['198.51.100.1']), 'ok');
  assert.equal(from(['198.51.100.1', '203.0.113.2', '192.0.2.3']), 'ok');
  assert.equal(from(['198.51.100.1', '203.0.113.2'], [{ asn: 13335, name: 'Cloudflare' }]), 'warning');
});

test('the self-test tells a line that does not come, one of another zone, and one that no jail counts', () => {
  const seen = { log: '/l', at: iso(now + 5), stamp: iso(now), jails: ['wordpress'] };
  const sent = { at: now, failure: null, seen };
  const judge = (auth: object, user: object = {}) =>
    told(selfTestCheck.judge({ auth: { ...sent, ...auth }, user: { ...sent, ...user } }, now));
  assert.deepEqual(judge({}), ['ok self-test', 'ok facility user']);
  assert.deepEqual(judge({}, { seen: null }), ['ok self-test', 'warning facility user']);
  assert.deepEqual(judge({ seen: null }), ['error self-test', 'ok facility user']);
  assert.deepEqual(judge({ failure: 'no /dev/log', seen: null }), ['error self-test', 'ok facility user']);
  assert.deepEqual(judge({ seen: { ...seen, stamp: iso(now + 3_600_000) } }), [
    'error self-test',
    'ok facility user',
  ]);
  assert.deepEqual(judge({ seen: { ...seen, jails: [] } }), ['error self-test', 'ok facility user']);
});
