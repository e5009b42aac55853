import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { createReportingDaemon, type ReportingDaemon, writeSecret } from '../support/reporting-daemon.ts';
import { layoutText } from '../support/slack-payload.ts';
import { createSlackServer, type Received, type SlackServer } from '../support/slack-server.ts';
import { waitFor } from '../support/wait-for.ts';

const day = 86_400_000;
const shop = { site: 'shop.example.com', user: 'carol' };
const blog = { site: 'blog.example.com', user: 'bob' };

let daemon: ReportingDaemon;
let host: SlackServer;
let ofShop: SlackServer;
let program: SlackServer;

before(async () => {
  daemon = createReportingDaemon();
  [host, ofShop, program] = await Promise.all([
    createSlackServer(),
    createSlackServer(),
    createSlackServer(),
  ]);
  daemon.configure(`
[reports]
at = "${halfADayAway()}"
[slack]
window = "1s"
webhook_url_file = "${writeSecret(daemon, 'host', host.url)}"
reports = ["daily"]
[slack.sites."shop.example.com"]
webhook_url_file = "${writeSecret(daemon, 'shop', ofShop.url)}"
reports = ["weekly"]
[webhook]
url_file = "${writeSecret(daemon, 'program', program.url)}"
secret_file = "${writeSecret(daemon, 'key', 'a key of more than sixteen bytes')}"
`);
  await daemon.start();
  for (let last = 1; last <= 4; last++) daemon.attack(`203.0.113.${last}`, shop);
  daemon.attack('8.8.8.8', blog);
  await waitFor('all are banned', async () => (await daemon.client.call('status')).bans.wanted === 5);
});

after(async () => {
  await daemon[Symbol.asyncDispose]();
  await Promise.all([host, ofShop, program].map((server) => server[Symbol.asyncDispose]()));
});

/** A time of the day, by the host's clock, at which this test does not run. */
function halfADayAway(): string {
  const now = new Date();
  return `${String((now.getHours() + 12) % 24).padStart(2, '0')}:${String(now.getMinutes()).padStart(2, '0')}`;
}

const portcullis = (...args: string[]) => runCli(['--socket', daemon.socketPath, ...args]);
const reportsTo = ({ accepted }: SlackServer): Received[] =>
  accepted.filter(({ body }) => /^\S* ?Report of /.test(String(body['text'])));
const textsOf = (server: SlackServer) => reportsTo(server).map(({ body }) => layoutText(body));

test('report prints what happened, against the time before', async () => {
  const { code, stdout } = await portcullis('report', '--since', '24h');
  assert.equal(code, 0);
  assert.match(stdout, /^Report of \S+, /);
  assert.match(stdout, /Failures +15 \(none recorded in the period before\)/);
  assert.match(stdout, /Bans +5 /);
  assert.match(stdout, /█{20} \d+ \(\d\)/);
  assert.match(stdout, /shop\.example\.com: 4 bans, 12 failures/);
  assert.match(stdout, /carol: 12 failures/);
  assert.match(stdout, /US: 1 ban, 3 failures/);
  assert.match(stdout, /AS15169 Google LLC: 1 ban, 3 failures/);
});

test('report --json is the same value; of one site its own part', async () => {
  const whole = JSON.parse((await portcullis('report', '--json')).stdout);
  assert.deepEqual([whole.failures, whole.bans, whole.origins_of, whole.chart.length], [15, 5, 5, 8]);
  const part = JSON.parse((await portcullis('report', '--json', '--site', 'blog.example.com')).stdout);
  assert.deepEqual([part.site, part.failures, part.bans], ['blog.example.com', 3, 1]);
  assert.deepEqual(part.users, [{ name: 'bob', failures: 3 }]);
  assert.deepEqual(
    part.countries.map(({ name }: { name: string }) => name),
    ['US'],
  );
});

test('a site that no line names is told to be none, and not to be quiet', async () => {
  const { code, stderr } = await portcullis('report', '--site', 'shpo.example.com');
  assert.equal(code, 1);
  assert.match(stderr, /No line of the log is known to be of shpo\.example\.com/);
});

test('report --slack sends it and says what came back; a site’s channel gets its own part only', async () => {
  const { code, stdout } = await portcullis('report', '--slack');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\[slack\] 127\.0\.0\.1:\d+ answered in \d+ ms: 200 ok\nIt was delivered\./);
  assert.match(textsOf(host).at(-1)!, /shop\.example\.com: 4 bans[\s\S]*blog\.example\.com: 1 ban/);
  await portcullis('report', '--slack', '--site', 'shop.example.com');
  const [text] = textsOf(ofShop);
  assert.match(text!, /Report of shop\.example\.com on [\s\S]*Failures\s12/);
  for (const others of ['blog', 'bob', 'Google', 'US']) assert.ok(!text!.includes(others), others);
  for (const { faults } of [...host.received, ...ofShop.received]) assert.deepEqual(faults, []);
});

test('report --to webhook sends the same value as signed JSON; a place that refuses it is exit code 1', async () => {
  assert.equal((await portcullis('report', '--to', 'webhook')).code, 0);
  const { body, headers } = program.received.at(-1)!;
  const { report } = (body as { content: { report: Record<string, unknown> } }).content;
  const { stdout } = await portcullis('report', '--json');
  const { since, failures, bans, sites } = JSON.parse(stdout);
  assert.deepEqual(
    { since: report['since'], failures: report['failures'], bans: report['bans'], sites: report['sites'] },
    { since, failures, bans, sites },
  );
  assert.match(String(headers['webhook-signature']), /^v1,/);
  program.next.push('invalid_payload');
  assert.equal((await portcullis('report', '--to', 'webhook')).code, 1);
});

test('periodic reports come once: over restarts, after downtime, and into a site’s channel its own part', async () => {
  const read = <T>(work: (db: DatabaseSync) => T): T => {
    const db = new DatabaseSync(join(daemon.directory, 'state', 'portcullis.db'));
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  const before = [reportsTo(host).length, reportsTo(ofShop).length];
  const more = () => [reportsTo(host).length - before[0]!, reportsTo(ofShop).length - before[1]!];
  await daemon.signal('SIGTERM');
  // As no outage lasts for weeks here, the database says that the last ones were made weeks ago.
  const older = "UPDATE delivered SET at = at - ? WHERE kind IN ('daily', 'weekly')";
  const { changes } = read((db) => db.prepare(older).run(20 * day));
  assert.equal(changes, 2, 'what was made is remembered');
  await daemon.start();
  await waitFor('one report each', () => more().every((count) => count === 1));
  assert.match(textsOf(host).at(-1)!, /Report of /);
  const text = textsOf(ofShop).at(-1)!;
  assert.match(text, /Report of shop\.example\.com on /);
  for (const others of ['blog', 'bob', 'Google']) assert.ok(!text.includes(others), others);
  await daemon.signal('SIGTERM');
  await daemon.start();
  // The daemon looks when it has read the log, so before it can tell of what is written now.
  daemon.attack('203.0.113.77', shop);
  await waitFor('the next ban is told', () =>
    ofShop.accepted.some(({ body }) => String(body['text']).includes('203.0.113.77')),
  );
  assert.deepEqual(more(), [1, 1]);
  await daemon.signal('SIGTERM');
  const waiting = read((db) => db.prepare("SELECT destination FROM outbox WHERE kind = 'report'").all());
  assert.deepEqual(waiting, []);
});
