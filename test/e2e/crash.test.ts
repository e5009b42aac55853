import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createHost, type Host } from '../support/daemon-process.ts';
import { createDice, type Dice } from '../support/dice.ts';
import { setEntries } from '../support/kernel.ts';
import { failureLine } from '../support/log-lines.ts';
import { logrotate } from '../support/logrotate.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';

const maxretry = 3;
const day = 24 * 3_600_000;
const kills = 20;
const addresses = [
  ...Array.from({ length: 60 }, (_, at) => `198.18.7.${at + 1}`),
  ...Array.from({ length: 10 }, (_, at) => `2001:db8:7:${at + 1}::1`),
];
/** What a ban of the address is listed as. */
const client = (ip: string) => (ip.includes(':') ? ip.replace('::1', '::/64') : ip);

interface Written {
  readonly ip: string;
  readonly user: string;
  readonly time: number;
}

/** Writes and rotates until told to stop. Every line names a user of its own. */
async function keepWriting(host: Host, dice: Dice, signal: AbortSignal): Promise<Written[]> {
  const written: Written[] = [];
  while (!signal.aborted) {
    const batch = Array.from({ length: dice.between(1, 40) }, (_, at): Written => {
      return { ip: dice.of(addresses), user: `u${written.length + at}`, time: Date.now() };
    });
    host.write(...batch.map(({ ip, user, time }) => failureLine(ip, { user, time })));
    written.push(...batch);
    if (dice.between(1, 25) === 1) dice.of(Object.values(logrotate))(host.log);
    await pause(dice.between(1, 20));
  }
  return written;
}

/** What the bans must be: the window never ends within the test, so each third failure bans or prolongs. */
function reference(
  written: readonly Written[],
): Map<string, { failures: number; since: number; until: number }> {
  const bans = new Map<string, { failures: number; since: number; until: number }>();
  for (const [ip, failures] of Map.groupBy(written, (line) => line.ip)) {
    const verdicts = failures.filter((_, at) => at % maxretry === maxretry - 1);
    if (verdicts.length === 0) continue;
    bans.set(client(ip), {
      failures: verdicts.length * maxretry,
      since: verdicts[0]!.time,
      until: verdicts.at(-1)!.time + day,
    });
  }
  return bans;
}

test('after kill -9 at any instant each line has counted exactly once and every ban is there', {
  skip: namespacesLeftOut,
}, async (t) => {
  const dice = createDice();
  t.diagnostic(`SEED=${dice.seed}`);
  await using host = await createHost();
  host.configure(`[defaults]\nmaxretry = ${maxretry}\nfindtime = "3h"\nbantime = "1d"`);
  const enough = new AbortController();
  const writing = keepWriting(host, createDice(dice.seed + 1), enough.signal);
  for (let kill = 0; kill < kills; kill++) {
    const daemon = host.launch();
    await pause(dice.between(200, 1_200));
    const { code, stderr } = await daemon.end('SIGKILL');
    assert.equal(code, null, stderr);
  }
  enough.abort();
  const written = await writing;
  const daemon = await host.start();
  const total = async () => (await host.client.call('listFailures', { query: { limit: 1 } })).total;
  await waitFor(
    'the log is read to its end',
    async () => {
      const [log] = (await host.status()).log;
      return (
        log?.offset === statSync(host.log).size && log.lag_seconds === 0 && (await total()) >= written.length
      );
    },
    { timeout: 20_000, every: 100 },
  ).catch(() => undefined);

  const users: string[] = [];
  for await (const { user } of host.client.all('listFailures')) users.push(user!);
  const seen = new Set(users);
  assert.deepEqual(
    written.map(({ user }) => user).filter((user) => !seen.has(user)),
    [],
    'lines that are missing',
  );
  assert.deepEqual(
    users.filter((user, at) => users.indexOf(user) !== at),
    [],
    'lines that counted twice',
  );

  const wanted = reference(written);
  const bans = await host.bans();
  const found = new Map(
    [...bans].map(([ip, { failures, since, until }]) => {
      return [ip, { failures, since: Date.parse(since), until: Date.parse(until!) }];
    }),
  );
  assert.deepEqual(new Map([...found].sort()), new Map([...wanted].sort()));
  assert.deepEqual(
    [...bans.values()].filter(({ state }) => state !== 'active'),
    [],
  );
  assert.deepEqual([...(await setEntries(host.namespace)).keys()].toSorted(), [...wanted.keys()].toSorted());
  const { problems } = await host.status();
  assert.deepEqual(problems, []);
  t.diagnostic(`${written.length} lines, ${wanted.size} bans, ${kills} kills`);
  assert.equal((await daemon.end()).code, 0);
});

function recordedBans({ stateDir }: Host): number {
  using db = new DatabaseSync(join(stateDir, 'portcullis.db'));
  return Number(db.prepare('SELECT count(*) AS bans FROM bans').get()!['bans']);
}

test('after kill -9 between the kernel and the record of many bans all are there, and none without a record', {
  skip: namespacesLeftOut,
}, async (t) => {
  const clients = Array.from({ length: 5_000 }, (_, at) => `198.18.${at >> 8}.${at & 255}`);
  await using host = await createHost();
  host.configure(`[defaults]\nmaxretry = ${maxretry}\nfindtime = "3h"\nbantime = "1d"`);
  const first = await host.start();
  const time = Date.now();
  host.write(...clients.flatMap((ip) => Array.from({ length: maxretry }, () => failureLine(ip, { time }))));
  await waitFor('the kernel has the bans', async () => (await setEntries(host.namespace)).size > 0);
  await first.end('SIGKILL');
  const held = (await setEntries(host.namespace)).size;
  assert.equal(recordedBans(host), 0, 'bans that were recorded before the kill');
  const again = await host.start();
  await host.caughtUp();
  await waitFor('all are enforced', async () => (await setEntries(host.namespace)).size === clients.length);
  const bans = await host.bans();
  assert.equal(bans.size, clients.length);
  assert.deepEqual(
    [...bans.values()].filter(({ failures, since }) => failures !== maxretry || Date.parse(since) !== time),
    [],
  );
  t.diagnostic(`${held} were in the kernel`);
  assert.equal((await again.end()).code, 0);
});
