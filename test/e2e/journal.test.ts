import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createHost } from '../support/daemon-process.ts';
import { createDice } from '../support/dice.ts';
import { type Journald, journalLeftOut, startJournald } from '../support/journald.ts';
import { setEntries } from '../support/kernel.ts';
import { failureLine, failureLines } from '../support/log-lines.ts';
import { waitFor } from '../support/wait-for.ts';

const ident = 'wordpress(blog.example.com)';
const failure = (user: string, ip: string) =>
  `<37>${ident}[7]: Authentication failure for ${user} from ${ip}`;
const journalOnly = { log: '[log]\nsource = "journal"' };

const sources = (stderr: string) => [...stderr.matchAll(/"source":"(\w+)"/g)].map(([, source]) => source);

test('from a line in the journal to a ban in the kernel, with the sender that the kernel vouches for', {
  skip: journalLeftOut,
}, async () => {
  await using journald = await startJournald();
  await using host = await createHost();
  host.configure('', journalOnly);
  const { wrapper } = journald;
  journald.send([failure('ann', '198.51.100.7')], { uid: 33 });
  const daemon = await host.start({ wrapper });
  await host.caughtUp();
  journald.send([failure('ann', '198.51.100.7'), failure('bob', '198.51.100.7')], { uid: 12_345 });
  const ban = await host.banned('198.51.100.7');
  assert.equal(ban.failures, 3);
  assert.deepEqual([...(await setEntries(host.namespace)).keys()], ['198.51.100.7']);
  const { evidence } = await host.client.call('getBan', { params: { id: ban.id } });
  assert.deepEqual(
    evidence.senders.map((sender) => sender?.uid),
    [33, 12_345, 12_345],
  );
  const why = await host.client.call('why', { params: { ip: '198.51.100.7' } });
  assert.deepEqual(
    why.recent_failures.map(({ sender }) => sender?.uid),
    [12_345, 12_345, 33],
  );
  const { stdout } = await host.portcullis('why', '198.51.100.7');
  assert.match(
    stdout,
    /uid 12345 pid \d+: \S+ \S+ wordpress\(blog\.example\.com\)\[7\]: Authentication failure for bob/,
  );
  const [log] = (await host.status()).log;
  assert.equal(log!.path, 'journal');
  assert.ok(log!.offset > 0 && log!.last_event_at !== null);
  assert.equal((await daemon.end()).code, 0);
});

test('after kill -9 at any instant each entry of the journal has counted exactly once', {
  skip: journalLeftOut,
}, async (t) => {
  const dice = createDice();
  t.diagnostic(`SEED=${dice.seed}`);
  await using journald = await startJournald();
  await using host = await createHost();
  host.configure('[defaults]\nmaxretry = 1000\nfindtime = "3h"', journalOnly);
  const enough = new AbortController();
  const writing = keepSending(journald, createDice(dice.seed + 1), enough.signal);
  for (let kill = 0; kill < 6; kill++) {
    const daemon = host.launch({ wrapper: journald.wrapper });
    await pause(dice.between(300, 1_500));
    const { code, stderr } = await daemon.end('SIGKILL');
    assert.equal(code, null, stderr);
  }
  enough.abort();
  const written = await writing;
  const daemon = await host.start({ wrapper: journald.wrapper });
  const users = async () => {
    const found: string[] = [];
    for await (const { user } of host.client.all('listFailures')) found.push(user!);
    return found.toReversed();
  };
  await waitFor('the journal is read to its end', async () => (await users()).length >= written.length);
  await host.caughtUp();
  assert.deepEqual(await users(), written);
  assert.deepEqual((await host.status()).problems, []);
  t.diagnostic(`${written.length} entries`);
  assert.equal((await daemon.end()).code, 0);
});

/** Sends and rotates until told to stop. @returns the users, each of one entry */
async function keepSending(
  journald: Journald,
  dice: ReturnType<typeof createDice>,
  signal: AbortSignal,
): Promise<string[]> {
  const users: string[] = [];
  while (!signal.aborted) {
    const batch = Array.from({ length: dice.between(1, 40) }, (_, at) => `u${users.length + at}`);
    journald.send(batch.map((user) => failure(user, '198.51.100.8')));
    users.push(...batch);
    if (dice.between(1, 10) === 1) await journald.rotate();
    await pause(dice.between(20, 100));
  }
  return users;
}

/** A source that takes another's place leaves out the second behind the latest line. */
async function secondIsOver(): Promise<void> {
  const from = Date.now();
  await waitFor('the second is over', () => Date.now() - from > 1_000);
}

test('a host that logs to a file and to the journal is read once', { skip: journalLeftOut }, async () => {
  await using journald = await startJournald();
  await using host = await createHost();
  const { wrapper } = journald;
  const auto = { log: `[log]\nfiles = ["${host.log}"]` };
  host.configure('', auto);
  const both = (user: string, ip: string) => {
    journald.send([failure(user, ip)]);
    host.write(failureLine(ip, { user }));
  };
  both('one', '198.51.100.9');
  const first = await host.start({ wrapper });
  await host.caughtUp();
  both('two', '198.51.100.9');
  const total = async () => (await host.client.call('listFailures', { query: { limit: 1 } })).total;
  await waitFor('both are counted', async () => (await total()) === 2);
  assert.deepEqual(sources(first.stderr()), ['file']);

  // What the file had is not counted again from the journal, nor the other way round.
  await secondIsOver();
  host.configure('', { log: `[log]\nsource = "journal"\nfiles = ["${host.log}"]` });
  first.kill('SIGHUP');
  await waitFor('the journal is read', () => sources(first.stderr()).at(-1) === 'journal');
  await host.caughtUp();
  both('three', '198.51.100.10');
  await waitFor('the third is counted', async () => (await total()) === 3);
  await first.end();

  await secondIsOver();
  host.configure('', { log: `[log]\nsource = "file"\nfiles = ["${host.log}"]` });
  const second = await host.start({ wrapper });
  await host.caughtUp();
  host.write(...failureLines('198.51.100.11', 3));
  await host.banned('198.51.100.11');
  assert.equal(await total(), 6);
  assert.deepEqual([...(await host.bans()).keys()], ['198.51.100.11']);
  await second.end();
});
