import assert from 'node:assert/strict';
import { appendFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHost, type Host, type Running } from '../support/daemon-process.ts';
import { rejected, rulesOf, setEntries } from '../support/kernel.ts';
import { failureLine, failureLines } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = namespacesLeftOut;

/** Reloads, and waits until the daemon says that it has, or that it has not. */
async function reload(daemon: Running): Promise<void> {
  const before = daemon.stderr().length;
  daemon.kill('SIGHUP');
  await waitFor('the daemon says how the reload went', () =>
    /"(Reloaded\.|Not reloaded|The reload failed)/.test(daemon.stderr().slice(before)),
  );
}

const jailNames = async (host: Host) => (await host.status()).jails.map(({ name }) => name);

test('a reload keeps the bans and counters of unchanged jails, and takes new numbers for new failures', {
  skip,
}, async () => {
  await using host = await createHost();
  const jails = '[jails.wordpress]\n[jails.extra]\nfilter = ["wordpress-extra"]\n';
  host.configure(jails);
  const daemon = await host.start();
  host.write(...failureLines('198.51.100.7', 3), ...failureLines('198.51.100.8', 2));
  const before = await host.banned('198.51.100.7');
  host.configure(`${jails}maxretry = 1\nbantime = "1h"`);
  await reload(daemon);
  const stamp = new Date().toISOString();
  host.write(
    `${stamp} web01 wordpress(blog.example.com)[9]: Comment 5 from 198.51.100.50`,
    failureLine('198.51.100.8'),
  );
  const brief = await host.banned('198.51.100.50');
  assert.equal(Date.parse(brief.until!) - Date.parse(brief.since), 3_600_000);
  assert.equal((await host.banned('198.51.100.8')).failures, 3);
  assert.deepEqual(await host.banned('198.51.100.7'), before);
});

test('a lower maxretry bans at once who has already failed so often; a higher one does not unban', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('[defaults]\nmaxretry = 5\nignoreip = ["198.51.100.9"]');
  const daemon = await host.start();
  host.write(
    ...failureLines('198.51.100.7', 5),
    ...failureLines('198.51.100.8', 3),
    ...failureLines('198.51.100.9', 4),
  );
  await host.banned('198.51.100.7');
  host.configure('[defaults]\nmaxretry = 3');
  await reload(daemon);
  assert.equal((await host.banned('198.51.100.8')).failures, 3);
  host.configure('[defaults]\nmaxretry = 10\n');
  await reload(daemon);
  assert.deepEqual([...(await host.bans()).keys()].toSorted(), ['198.51.100.7', '198.51.100.8']);
});

test('a new ignoreip lifts the ban that it covers', { skip }, async () => {
  await using host = await createHost();
  host.configure('');
  const daemon = await host.start();
  host.write(...failureLines('198.51.100.7', 3), ...failureLines('198.51.100.8', 3));
  await host.banned('198.51.100.8');
  host.configure('[defaults]\nignoreip = ["198.51.100.7"]');
  await reload(daemon);
  assert.deepEqual([...(await setEntries(host.namespace)).keys()], ['198.51.100.8']);
  assert.equal((await host.bans()).has('198.51.100.7'), false);
});

test('a jail that is gone takes its bans and its chain with it; a new one works at once', {
  skip,
}, async () => {
  await using host = await createHost();
  host.configure('[jails.old]\nfilter = ["wordpress-soft"]');
  const daemon = await host.start();
  host.write(...failureLines('198.51.100.7', 3));
  const ban = await host.banned('198.51.100.7');
  host.configure('[jails.new]\nfilter = ["wordpress-soft"]');
  await reload(daemon);
  assert.equal((await host.client.call('getBan', { params: { id: ban.id } })).ended_by, 'jail_removed');
  assert.deepEqual(await jailNames(host), ['new']);
  assert.doesNotMatch(await host.namespace.run('iptables-save'), /portcullis-old/);
  assert.doesNotMatch(await host.namespace.run('ipset', 'save'), /portcullis-old/);
  host.write(...failureLines('198.51.100.8', 3));
  assert.equal((await host.banned('198.51.100.8')).jail, 'new');
  assert.deepEqual((await host.status()).problems, []);
  assert.doesNotMatch(daemon.stderr(), /"level":"(warn|error)"/);
});

test('ports, reject_with and the backend change under bans that stay enforced', { skip }, async () => {
  await using host = await createHost();
  const configure = (backend: string, rest: string) =>
    host.configure(`[firewall]\nbackend = "${backend}"\n${rest}`);
  const jumps = () => rulesOf(host.namespace, 'INPUT');
  configure('ipset', '');
  const daemon = await host.start();
  host.write(...failureLines('198.51.100.7', 3), ...failureLines('2001:db8:7::7', 3));
  await host.banned('2001:db8:7::/64');

  configure('ipset', 'ports = ["8443", "smtp"]\nreject_with = "drop"');
  await reload(daemon);
  assert.match((await jumps())[0]!, /--dports 8443,25 -j portcullis-wordpress$/);
  assert.match((await rulesOf(host.namespace, 'portcullis-wordpress'))[0]!, /-j DROP$/);

  configure('iptables', 'protocols = ["tcp"]');
  await reload(daemon);
  assert.deepEqual((await rejected(host.namespace)).toSorted(), ['198.51.100.7', '2001:db8:7::/64']);
  assert.equal(await host.namespace.run('ipset', 'save'), '');
  assert.equal((await jumps()).length, 1);
  assert.equal((await host.status()).firewall, 'iptables');

  configure('ipset', '');
  await reload(daemon);
  const entries = await setEntries(host.namespace);
  assert.deepEqual([...entries.keys()].toSorted(), ['198.51.100.7', '2001:db8:7::/64']);
  assert.ok(entries.get('198.51.100.7')! > 86_000, 'the entry ends by itself');
  const { bans, problems } = await host.status();
  assert.deepEqual([bans.wanted, bans.enforced, problems], [2, 2, []]);

  configure('dry-run', '');
  await reload(daemon);
  assert.doesNotMatch(await host.namespace.run('iptables-save'), /portcullis/);
  assert.equal(await host.namespace.run('ipset', 'save'), '');
});

test('other log files are read from then on, and the old one again when it comes back', {
  skip,
}, async () => {
  await using host = await createHost();
  const other = join(host.directory, 'secure');
  writeFileSync(other, `${failureLines('198.51.100.20', 3).join('\n')}\n`);
  host.configure('');
  const daemon = await host.start();
  host.write(...failureLines('198.51.100.7', 3));
  await host.banned('198.51.100.7');
  host.configure('', { log: `[log]\nfiles = ["${other}", "${host.directory}/missing.log"]` });
  await reload(daemon);
  await host.banned('198.51.100.20');
  assert.deepEqual(
    (await host.status()).problems.map(({ code }) => code),
    ['log_missing'],
  );
  host.write(...failureLines('198.51.100.8', 3));
  appendFileSync(other, `${failureLines('198.51.100.21', 3).join('\n')}\n`);
  await host.banned('198.51.100.21');
  assert.equal((await host.bans()).has('198.51.100.8'), false);
  host.configure('');
  await reload(daemon);
  await host.banned('198.51.100.8');
  assert.deepEqual((await host.status()).problems, []);
  assert.equal((await host.bans()).get('198.51.100.7')?.failures, 3, 'nothing is read twice');
});

for (const [name, broken] of Object.entries({
  'ten mistakes': '[defaults]\nmaxretry = 0\nfindtime = "soon"\n[firewall]\nbackend = "pf"',
  'no TOML': '[defaults\nmaxretry = 3',
  'a firewall that cannot be made': '[firewall]\nports = ["no-such-service"]',
  'a chain that the backend does not have': '[firewall]\nbackend = "nftables"\nchains = ["web"]',
})) {
  test(`a file with ${name} leaves the running configuration in place and says why`, { skip }, async () => {
    await using host = await createHost();
    host.configure('');
    const daemon = await host.start();
    host.write(failureLine('198.51.100.7'));
    host.configure(broken);
    await reload(daemon);
    const { problems, jails } = await host.status();
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['config_invalid'],
    );
    if (name === 'ten mistakes') {
      for (const place of ['defaults.maxretry', 'defaults.findtime', 'firewall.backend']) {
        assert.ok(problems[0]!.sentence.includes(place), `${place} in: ${problems[0]!.sentence}`);
        assert.ok(daemon.stderr().includes(place), `${place} in the log`);
      }
    }
    assert.equal(jails[0]!.name, 'wordpress');
    assert.doesNotMatch(daemon.stderr(), /^\s+at |\\n\s+at /m);
    host.write(...failureLines('198.51.100.7', 2));
    assert.equal((await host.banned('198.51.100.7')).failures, 3);
    host.configure('');
    await reload(daemon);
    assert.deepEqual((await host.status()).problems, []);
  });
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the daemon with 0 within 5 s, in the middle of a large log too, and nothing counts twice`, {
    skip,
  }, async () => {
    await using host = await createHost();
    host.configure('[defaults]\nmaxretry = 1000');
    const lines = Array.from({ length: 20_000 }, (_, at) =>
      failureLine(`198.18.${(at >> 8) & 255}.${at & 255}`),
    );
    for (let part = 0; part < 15; part++) host.write(...lines);
    const size = statSync(host.log).size;
    const first = await host.start();
    const { log } = await host.status();
    const began = performance.now();
    const ended = await first.end(signal);
    const took = performance.now() - began;
    assert.ok((log[0]?.offset ?? 0) < size, 'it was still reading');
    assert.equal(ended.code, 0, ended.stderr);
    assert.ok(took < 5_000, `${took} ms`);
    await host.start();
    await waitFor('all is read', async () => (await host.status()).log[0]?.offset === size, {
      timeout: 30_000,
      every: 100,
    });
    assert.equal((await host.client.call('listFailures', { query: { limit: 1 } })).total, 300_000);
  });
}

test('a SIGTERM during the start ends it within 5 s', { skip }, async () => {
  await using host = await createHost();
  host.configure('[defaults]\nignoreip = ["no-such-host.invalid"]');
  const daemon = host.launch();
  await waitFor('the first rules stand', async () => (await rulesOf(host.namespace, 'INPUT')).length > 0);
  const began = performance.now();
  const { code } = await daemon.end();
  assert.ok(performance.now() - began < 5_000);
  assert.equal(code, 0);
});
