import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { parseConfig } from './config.ts';
import { Secret } from './secret.ts';
import { createSiteRoutes } from './site-routes.ts';
import { parseWebhookUrl } from './webhook-url.ts';

const destinations = (text: string) => {
  const { config, problems } = parseConfig(text);
  assert.deepEqual(problems, []);
  return config!.destinations;
};
const problemsOf = (text: string) =>
  parseConfig(text).problems.map(({ path, message }) => `${path}: ${message}`);

test('nothing is configured: nothing is told', () => {
  assert.deepEqual(destinations(''), []);
  assert.deepEqual(destinations('[slack]\nwebhook_url_file = ""\n[slack.sites.shop]\nchannel = "#x"'), []);
});

test('a site’s channel takes from the host’s what it leaves out, but for its reports', () => {
  const [host, shop, blog] = destinations(`
[slack]
webhook_url_file = "/etc/hook"
channel = "#ops"
min_severity = "critical"
window = "1h"
quiet_hours = "22:30-07:00"
allowed_hosts = ["chat.example.com"]
[slack.sites.shop]
channel = "#shop"
[slack.sites."*.example.com"]
webhook_credential = "blog"
window = 60
min_severity = "warning"
reports = ["daily"]
`);
  assert.deepEqual(host, {
    name: 'slack',
    kind: 'slack',
    site: null,
    url: { from: 'file', path: '/etc/hook' },
    key: null,
    channel: '#ops',
    allowedHosts: ['chat.example.com'],
    minSeverity: 'critical',
    window: 3_600_000,
    quietHours: { from: 22 * 60 + 30, to: 7 * 60 },
    reports: ['weekly'],
  });
  assert.deepEqual(shop, { ...host, name: 'slack.sites.shop', site: 'shop', channel: '#shop', reports: [] });
  assert.deepEqual(blog, {
    ...host,
    name: 'slack.sites.*.example.com',
    site: '*.example.com',
    url: { from: 'credential', name: 'blog' },
    minSeverity: 'warning',
    window: 60_000,
    reports: ['daily'],
  });
});

test('a webhook has a URL and a key', () => {
  const [webhook] = destinations('[webhook]\nurl = "https://127.0.0.1/x"\nsecret_credential = "key"');
  assert.equal(webhook!.kind, 'webhook');
  assert.deepEqual(webhook!.key, { from: 'credential', name: 'key' });
  assert.match(problemsOf('[webhook]\nurl_file = "/x"').join(), /webhook\.secret_file: missing/);
});

test('each rule of reports refuses what makes no sense', () => {
  for (const [text, expected] of [
    ['[slack]\nwebhook_url = "https://hooks.slack.com/x"\nwebhook_url_file = "/x"', /only one of/],
    ['[slack]\nwebhook_url = "http://hooks.slack.com/x"', /must begin with https/],
    ['[slack]\nwebhook_url = "https://evil.example/x"', /is of evil\.example.*allowed_hosts/],
    ['[slack]\nwindow = "2d"', /from 1s to 1d/],
    ['[slack]\nwindow = -1', /from 1s to 1d/],
    ['[slack]\nquiet_hours = "22-7"', /quiet_hours: must match/],
    ['[slack]\nmin_severity = "high"', /one of info, warning, critical/],
    ['[slack.sites.x]\nallowed_hosts = ["a"]', /belongs into \[slack\]/],
    ['[slack.sites."a b"]\n', /is named by a site’s id/],
    ['[reports]\nat = "8:00"', /reports\.at/],
    ['[reports]\nsilent_after = "5m"', /at least 1h/],
  ] as const) {
    const problems = problemsOf(text);
    assert.equal(problems.length, 1, `${text}: ${problems}`);
    assert.match(problems[0]!, expected, text);
    assert.doesNotMatch(problems[0]!, /\/x\b/);
  }
});

test('messages go to Slack, to this machine, and to hosts that were allowed', () => {
  const allowed = ['chat.example.com', 'chat.example.com:8443'];
  for (const good of [
    'https://hooks.slack.com/services/x',
    'https://chat.example.com/hooks/x',
    'https://chat.example.com:8443/hooks/x',
    'http://127.0.0.1:8080/x',
    'http://127.9.9.9/x',
    'http://[::1]:80/x',
    'http://localhost/x',
    'https://localhost/x',
  ])
    assert.ok(parseWebhookUrl(good, allowed) instanceof URL, good);
  for (const bad of [
    '',
    'hooks.slack.com/services/x',
    'http://hooks.slack.com/services/x',
    'https://hooks.slack.com.evil.example/x',
    'https://hooks.slack.com:444/x',
    'https://hooks.slack.com@evil.example/x',
    'https://user:word@hooks.slack.com/x',
    'https://chat.example.com:9443/x',
    'https://10.0.0.1/x',
    'http://localhost.evil.example/x',
    'ftp://127.0.0.1/x',
    'file:///etc/passwd',
  ])
    assert.equal(typeof parseWebhookUrl(bad, allowed), 'string', bad);
});

test('a name belongs to a channel by id, by name, or by the first pattern that fits', () => {
  const places = destinations(`[slack]\nwebhook_url_file = "/x"
[slack.sites."*"]\n[slack.sites."*.example.com"]\n[slack.sites.shop]\n[slack.sites."blog.example.com"]`);
  const { forSite } = createSiteRoutes(places, (name) => (name === 'www.shop.example' ? 'shop' : null));
  const siteOf = (name: string) => forSite(name).map(({ site }) => site);
  assert.deepEqual(siteOf('www.shop.example'), ['shop']);
  assert.deepEqual(siteOf('blog.example.com'), ['blog.example.com']);
  assert.deepEqual(siteOf('blog.example.com/sub'), ['blog.example.com']);
  assert.deepEqual(siteOf('other.example.com'), ['*']);
  const some = createSiteRoutes(
    destinations('[slack.sites."*.example.com"]\nwebhook_url_file = "/x"'),
    () => null,
  );
  const isRouted = (name: string) => some.forSite(name).length > 0;
  assert.ok(isRouted('a.example.com') && isRouted('a.b.example.com') && isRouted('a.example.com/shop'));
  for (const name of [
    '',
    'example.com',
    'a.example.com.evil.example',
    'axexample.com',
    'a b.example.com',
    '*.example.com',
  ])
    assert.ok(!isRouted(name), name);
});

test('a secret shows nowhere but where it is asked for', () => {
  const secret = new Secret('very secret');
  for (const shown of [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true }),
  ])
    assert.match(shown, /\[redacted\]/);
  assert.doesNotMatch(
    inspect(secret, { showHidden: true, depth: 9 }) + JSON.stringify([secret, { ...secret }]),
    /very/,
  );
  assert.equal(secret.reveal(), 'very secret');
});
