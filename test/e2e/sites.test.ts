import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { type CurlOptions, curl } from '../support/curl.ts';
import { createHost, type Host, type Running } from '../support/daemon-process.ts';
import { setEntries } from '../support/kernel.ts';
import { failureLine, failureLines } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

/* Two sites of different Unix users on one host, through their bare sockets. Users and groups are Debian's own. */

const mine = { site: 'mine.example', user: 'ann' };
const theirs = { site: 'theirs.example', user: 'bob' };
const jails = `
[jails.wordpress]
[sites.mine]
domains = ["mine.example"]
user = "games"
[sites.theirs]
domains = ["theirs.example"]
user = "man"
`;

describe('sites of a running daemon', { skip: namespacesLeftOut }, () => {
  let host: Host;
  let daemon: Running;
  const socketOf = (id: string) => join(host.directory, 'run/sites', `${id}.sock`);
  const asMine = (call: string, options: CurlOptions = {}) =>
    curl(socketOf('mine'), call, { user: 'games', ...options });
  const asTheirs = (call: string, options: CurlOptions = {}) =>
    curl(socketOf('theirs'), call, { user: 'man', ...options });
  const ipsOf = ({ json }: { json: { items: { ip: string }[] } }) => json.items.map(({ ip }) => ip).sort();

  before(async () => {
    host = await createHost();
    // What leads to the sockets must let others through, as /run does.
    for (let path = host.directory; path !== dirname(path); path = dirname(path)) {
      if (statSync(path).uid === process.getuid?.()) chmodSync(path, statSync(path).mode | 0o111);
    }
    host.configure(jails);
    daemon = await host.start();
    host.write(
      ...failureLines('198.51.100.1', 3, mine),
      ...failureLines('198.51.100.2', 3, theirs),
      ...failureLines('198.51.100.3', 2, mine),
      failureLine('198.51.100.3', theirs),
    );
    for (const ip of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) await host.banned(ip);
  });
  async function reload(): Promise<void> {
    const said = daemon.stderr().length;
    daemon.kill('SIGHUP');
    await waitFor('the reload', () => daemon.stderr().slice(said).includes('"Reloaded.'));
  }
  after(() => host[Symbol.asyncDispose]());

  test('each has a socket that only its user may open, in a directory that nobody may list', async () => {
    for (const [id, uid] of [
      ['mine', 5],
      ['theirs', 6],
    ] as const) {
      const stat = statSync(socketOf(id));
      assert.deepEqual([stat.isSocket(), stat.uid, stat.mode & 0o777], [true, uid, 0o600]);
    }
    const directory = statSync(dirname(socketOf('mine')));
    assert.deepEqual([directory.uid, directory.mode & 0o777], [0, 0o711]);
    assert.deepEqual(readdirSync(dirname(socketOf('mine'))).sort(), ['mine.sock', 'theirs.sock']);
    assert.equal((await asMine('GET /v1/site')).json.id, 'mine');
    assert.equal((await asTheirs('GET /v1/site')).json.id, 'theirs');
  });

  test('the kernel keeps each from the other’s socket, and from the administrator’s', async () => {
    for (const [socket, user] of [
      [socketOf('theirs'), 'games'],
      [socketOf('mine'), 'man'],
      [host.socketPath, 'games'],
    ] as const) {
      const refused = await curl(socket, 'GET /v1/site', { user });
      assert.equal(refused.status, 0);
      assert.match(refused.error, /Permission denied|Couldn't connect|Failed to connect|exit code 7/);
    }
  });

  test('a site sees bans with its own evidence, and of others their number only', async () => {
    const bans = await asMine('GET /v1/bans');
    assert.deepEqual(ipsOf(bans), ['198.51.100.1', '198.51.100.3']);
    const shared = bans.json.items.find(({ ip }: { ip: string }) => ip === '198.51.100.3');
    assert.deepEqual(
      [shared.sites, shared.other_sites, shared.users, shared.failures],
      [{ 'mine.example': 2 }, 1, ['ann'], 2],
    );
    const details = await asMine(`GET /v1/bans/${shared.id}`);
    assert.equal(details.json.evidence.lines.length, 2);
    const everything = [bans, details];
    const paths = ['status', 'site', 'sites', 'failures', 'stats', 'allow', 'requests', 'audit'];
    for (const path of paths) {
      const answer = await asMine(`GET /v1/${path}`);
      assert.equal(answer.status, 200, `${path}: ${answer.body}`);
      everything.push(answer);
    }
    for (const { body } of everything) assert.doesNotMatch(body, /theirs|bob|198\.51\.100\.2\b|auth\.log/);
    assert.match(everything.map(({ body }) => body).join(), /ann/);
    const hidden = [...(await host.bans()).values()].find(({ ip }) => ip === '198.51.100.2')!;
    assert.equal((await asMine(`GET /v1/bans/${hidden.id}`)).status, 404);
  });

  test('a site may not call what is the administrator’s', async () => {
    for (const call of [
      'GET /v1/jails',
      'GET /v1/why/198.51.100.2',
      'GET /metrics',
      'POST /v1/bans',
      'DELETE /v1/bans',
      'POST /v1/requests/1',
      'GET /v1/registrations',
      'POST /v1/registrations',
      'DELETE /v1/registrations/theirs',
      'POST /v1/registrations/theirs/token',
    ]) {
      const { status, json } = await asMine(call, call.startsWith('POST') ? { body: {} } : {});
      assert.deepEqual([status, json.code], [403, 'forbidden'], call);
    }
  });

  test('a site lifts what rests on its own evidence, and nothing else', async () => {
    const hidden = await asMine('DELETE /v1/bans/198.51.100.2');
    const free = await asMine('DELETE /v1/bans/198.51.100.200');
    assert.equal(hidden.json.code, 'not_banned');
    assert.equal(hidden.body.replaceAll('198.51.100.2', 'IP'), free.body.replaceAll('198.51.100.200', 'IP'));
    const shared = await asMine('DELETE /v1/bans/198.51.100.3');
    assert.deepEqual([shared.status, shared.json.code], [409, 'shared_evidence']);
    assert.match(shared.json.hint, /POST \/v1\/requests/);
    assert.equal((await asMine('DELETE /v1/bans/0.0.0.0%2F0')).status, 404);

    const own = await asMine('DELETE /v1/bans/198.51.100.1', { claim: '%C3%A5sa%20b' });
    assert.equal(own.status, 200, own.body);
    assert.deepEqual(
      own.json.ended.map(({ ip, state, lifted_by }: Record<string, string>) => [ip, state, lifted_by]),
      [['198.51.100.1', 'ended', 'site:mine as åsa b']],
    );
    const held = await setEntries(host.namespace);
    assert.deepEqual([...held.keys()].sort(), ['198.51.100.2', '198.51.100.3']);
    const { items: audit } = await host.client.call('listAudit', { query: { ip: '198.51.100.1' } });
    assert.deepEqual(
      audit.map(({ actor, action, detail }) => [actor, action, detail]),
      [['site:mine', 'unban', 'as åsa b']],
    );
    assert.equal((await asTheirs('GET /v1/audit')).json.total, 0);
  });

  test('what a site may not lift it asks for, and the administrator answers', async () => {
    const body = { ip: '198.51.100.3', note: 'our best customer' };
    const asked = await asMine('POST /v1/requests', { body, claim: 'eve' });
    assert.equal(asked.status, 201, asked.body);
    assert.equal((await asMine('GET /v1/site')).json.requests_open, 1);
    assert.equal((await asTheirs('GET /v1/requests')).json.total, 0);
    const listed = await host.portcullis('requests');
    assert.match(listed.stdout, /mine +198\.51\.100\.3 .* eve +open +our best customer/);
    const approved = await host.portcullis('requests', 'approve', String(asked.json.id));
    assert.deepEqual([approved.code, approved.stderr], [0, '']);
    assert.match(approved.stdout, /Unbanned 198\.51\.100\.3/);
    assert.ok(!(await setEntries(host.namespace)).has('198.51.100.3'));
    assert.equal((await asMine('GET /v1/requests')).json.items[0].state, 'approved');
  });

  test('what a site allows holds for its own lines only, and for a while', async () => {
    const allow = (body: unknown) => asMine('POST /v1/allow', { body, claim: 'eve' });
    for (const [body, code] of [
      [{ ip: '0.0.0.0/0', for: '1d' }, 'forbidden'],
      [{ ip: '198.51.100.0/31', for: '1d' }, 'forbidden'],
      [{ ip: '2001:db8::/63', for: '1d' }, 'forbidden'],
      [{ ip: '64:ff9b::/64', for: '1d' }, 'forbidden'],
      [{ ip: '198.51.100.9' }, 'invalid_request'],
      [{ ip: '198.51.100.9', for: '31d' }, 'invalid_request'],
      [{ ip: '198.51.100.9', for: '-1' }, 'invalid_request'],
      [{ ip: 'x', for: '1d' }, 'invalid_address'],
    ] as const) {
      assert.equal((await allow(body)).json.code, code, JSON.stringify(body));
    }
    host.write(...failureLines('198.51.100.9', 2, mine));
    await host.caughtUp();
    const allowed = await allow({ ip: '198.51.100.9', for: '30d', note: 'me' });
    assert.deepEqual([allowed.status, allowed.json.lifted, allowed.json.kept], [201, 0, 0], allowed.body);
    assert.equal(allowed.json.entry.added_by, 'site:mine as eve');
    host.write(...failureLines('198.51.100.9', 9, mine), ...failureLines('198.51.100.9', 2, theirs));
    host.write(...failureLines('198.51.100.10', 3, mine));
    await host.banned('198.51.100.10');
    assert.ok(
      !(await host.bans()).has('198.51.100.9'),
      'its own lines do not count, those of before included',
    );
    host.write(failureLine('198.51.100.9', theirs));
    const banned = await host.banned('198.51.100.9');
    assert.deepEqual(banned.sites, { 'theirs.example': 3 });
    assert.equal((await asTheirs('GET /v1/allow')).json.total, 0);
    assert.equal((await asTheirs(`DELETE /v1/allow/${allowed.json.entry.id}`)).status, 404);
    assert.equal((await asMine(`DELETE /v1/allow/${allowed.json.entry.id}`)).status, 200);
  });

  test('a claimed user that can be no name is refused, and nothing is done', async () => {
    for (const claim of ['%0Aadmin', '%E2%80%AEadmin', 'ädmin', '%FF', 'a'.repeat(61), '%']) {
      const refused = await asMine('DELETE /v1/bans/198.51.100.10', { claim });
      assert.deepEqual([refused.status, refused.json.code], [400, 'invalid_request'], claim);
    }
    assert.ok((await host.bans()).has('198.51.100.10'));
  });

  test('a site hears of its own bans as they happen, and of no others', async () => {
    const heard: { type: string; data: { ip: string } }[] = [];
    const stream = request({ socketPath: socketOf('mine'), path: '/v1/events', agent: false }, (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        for (const [, data] of part.matchAll(/^data: (.*)$/gm)) heard.push(JSON.parse(data!));
      });
      answer.on('error', () => {});
    });
    stream.on('error', () => {});
    const headers = new Promise((resolve) => stream.once('response', resolve));
    stream.end();
    await headers;
    host.write(...failureLines('198.51.100.21', 3, theirs));
    await host.banned('198.51.100.21');
    await host.client.call('unban', { params: { ip: '198.51.100.21' } });
    host.write(...failureLines('198.51.100.22', 3, mine));
    await host.banned('198.51.100.22');
    await host.client.call('unban', { params: { ip: '198.51.100.22' } });
    await waitFor('its own unban is heard', () => heard.some(({ type }) => type === 'unban'));
    assert.deepEqual(
      heard.map(({ type, data }) => [type, data.ip]),
      [
        ['ban', '198.51.100.22'],
        ['unban', '198.51.100.22'],
      ],
    );
    stream.destroy();
  });

  test('a body that is too large and requests that are too many are refused with a problem', async () => {
    const large = await asMine('POST /v1/requests', {
      body: { ip: '198.51.100.3', note: 'x'.repeat(20_000) },
    });
    assert.deepEqual([large.status, large.json.code], [413, 'payload_too_large']);
    const agent = new Agent({ maxSockets: 8, keepAlive: true });
    const ask = () =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        request({ socketPath: socketOf('mine'), path: '/v1/site', agent }, async (answer) =>
          resolve({ status: answer.statusCode!, text: await text(answer) }),
        )
          .once('error', reject)
          .end();
      });
    const answers = await Promise.all(Array.from({ length: 600 }, ask));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length > 100, `${refused.length} refused`);
    assert.equal(JSON.parse(refused[0]!.text).code, 'rate_limited');
    assert.equal((await asTheirs('GET /v1/site')).status, 200, 'the neighbour is not slowed');
    await waitFor('it may ask again', async () => (await ask()).status === 200);
    agent.destroy();
  });

  test('sites come and go by command; the configuration’s stay', async () => {
    const unknown = await host.portcullis('site', 'add', 'new.example', '--user', 'no-such-user');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /There is no Unix user “no-such-user”/);
    const added = await host.portcullis('site', 'add', 'New.example', '--user', 'man', '--rights', 'view');
    assert.deepEqual([added.code, added.stderr], [0, '']);
    const first = statSync(socketOf('new.example'));
    assert.deepEqual([first.uid, first.mode & 0o777], [6, 0o600]);
    const asNew = (call: string) => curl(socketOf('new.example'), call, { user: 'man' });
    assert.deepEqual((await asNew('GET /v1/site')).json.rights, ['view']);
    assert.equal((await asNew('DELETE /v1/bans/198.51.100.2')).json.code, 'forbidden');
    const twice = await host.portcullis('site', 'add', 'theirs.example', '--user', 'man', '--id', 'other');
    assert.match(twice.stderr, /belongs to the site “theirs” already/);
    assert.match((await host.portcullis('sites')).stdout, /^new\.example +new\.example +isolated +man/m);

    const configured = await host.portcullis('site', 'remove', 'theirs');
    assert.equal(configured.code, 4);
    assert.match(configured.stderr, /registered in the configuration/);
    assert.equal((await host.portcullis('site', 'remove', 'new.example')).code, 0);
    assert.ok(!existsSync(socketOf('new.example')));
  });

  test('sites that share a user share a socket, and a token says which is which', async () => {
    host.configure(
      `${jails}\n[panel]\nshared_group = "games"\n[sites.three]\ndomains = ["three.example"]\nmode = "shared"`,
    );
    await reload();
    const shared = socketOf('shared');
    await waitFor('the shared socket', () => existsSync(shared));
    assert.deepEqual([statSync(shared).gid, statSync(shared).mode & 0o777], [60, 0o660]);
    const ask = (token?: string) =>
      curl(shared, 'GET /v1/site', { user: 'games', ...(token === undefined ? {} : { token }) });
    assert.equal((await ask()).json.code, 'unauthorized');
    assert.equal((await ask('A'.repeat(43))).json.code, 'unauthorized');
    const tokenOf = async (id: string) =>
      JSON.parse((await host.portcullis('site', 'token', id, '--json')).stdout).token as string;
    const added = await host.portcullis('site', 'add', 'four.example', '--mode', 'shared', '--json');
    const four: string = JSON.parse(added.stdout).token;
    const three = await tokenOf('three');
    assert.equal(Buffer.from(three, 'base64url').length, 32);
    assert.equal((await ask(three)).json.id, 'three');
    assert.equal((await ask(four)).json.id, 'four.example');
    assert.deepEqual((await ask(four)).json.rights, ['view', 'ask']);
    const next = await tokenOf('three');
    assert.equal((await ask(three)).json.code, 'unauthorized', 'the token of before no longer holds');
    assert.equal((await ask(next)).json.id, 'three');
    await host.portcullis('site', 'token', 'three', '--revoke');
    assert.equal((await ask(next)).status, 401);
    assert.equal((await host.portcullis('site', 'token', 'mine')).code, 2, 'an isolated site needs none');
    for (const file of readdirSync(host.stateDir)) {
      const bytes = readFileSync(join(host.stateDir, file));
      for (const token of [three, four, next]) assert.ok(!bytes.includes(token), file);
    }
  });

  test('on reload a lost socket is made again, and another user’s is given to that user', async () => {
    rmSync(socketOf('mine'));
    const before = statSync(socketOf('theirs')).ino;
    host.configure(
      jails.replace('"games"', '"lp"').replace('[jails.wordpress]', '[jails.wordpress]\nmaxretry = 4'),
    );
    await reload();
    assert.equal(await waitFor('the socket', () => statSync(socketOf('mine')).uid), 7);
    assert.equal(statSync(socketOf('theirs')).ino, before, 'what did not change goes on');
    assert.equal((await curl(socketOf('mine'), 'GET /v1/site', { user: 'lp' })).json.id, 'mine');
    assert.equal((await asMine('GET /v1/site')).status, 0);
    host.configure(jails.replace('"games"', '"no-such-user"'));
    await reload();
    const { problems } = await host.status();
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['site_unserved'],
    );
    assert.match(problems[0]!.sentence, /The site mine has no socket: There is no Unix user “no-such-user”/);
  });
});
