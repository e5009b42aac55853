import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createZoneClock,
  Detector,
  doubtsIn,
  ExemptionList,
  parseConfig,
  parseNetwork,
  Replay,
  type ReplayedDecision,
} from '@portcullis/core';
import fc from 'fast-check';
import { createSmallDaemon, type SmallDaemon, smallDaemonStart } from '../../../test/support/small-daemon.ts';

/*
 * Attackers who want somebody else banned, each by what he can do: send requests, own an account, run code as a site's user,
 * have a shell. The traps are those of WP fail2ban's lines. What no log file can tell is here, too, as a limit.
 */

const victim = '203.0.113.9';
const attacker = '198.51.100.7';
const sites = `
[sites.shop]
domains = ["shop.example.com"]
user = "shop"
[sites.blog]
domains = ["blog.example.com"]
user = "blog"
`;
const shopUser = { uid: 1001, pid: 4711 };
const blogUser = { uid: 1002, pid: 4712 };
const stranger = { uid: 1999, pid: 4713 };

let micros = 0;
/** A record as rsyslog writes it: each some microseconds behind the one before. */
function record(message: string, { site = 'shop.example.com', pid = 4711, apart = 4 } = {}): string {
  micros += apart;
  const time = new Date(smallDaemonStart + Math.floor(micros / 1_000)).toISOString().slice(0, 23);
  return `${time}${String(micros % 1_000).padStart(3, '0')}+00:00 web01 wordpress(${site})[${pid}]: ${message}`;
}
/** Another request: some 50 ms later. */
const request = (message: string, options = {}) => record(message, { apart: 50_000, ...options });
const failing = (ip: string, name = 'admin') => `Authentication failure for ${name} from ${ip}`;

/** What PHP's syslog() makes of a message with line feeds: each line a record. */
function withLineFeeds(message: string, options = {}): string[] {
  return message
    .split('\n')
    .map((line, index) => (index === 0 ? request(line, options) : record(line, options)));
}

const isBanned = ({ store }: SmallDaemon, ip: string) => store.bansOverlapping(parseNetwork(ip)!).length > 0;

/** Ten requests with the same name, as the log shows them. rsyslog keeps 8,096 bytes of a line. */
const loginsAs = (name: string) =>
  Array.from({ length: 10 }, () => withLineFeeds(`Authentication failure for ${name} from ${attacker}`))
    .flat()
    .map((line) => line.slice(0, 8_096));

const filled = (end: string) => {
  const head = record(`Authentication failure for `).length;
  return `${'x'.repeat(8_096 - head - end.length)}${end}${'y'.repeat(100)}`;
};

/** By what the attacker can do; each list is a log in which nothing may ban the victim. */
const corpus: Readonly<Record<string, Readonly<Record<string, () => string[]>>>> = {
  'requests alone': {
    'a name that ends in an address': () => loginsAs(`bob from ${victim}`),
    'a name that is a whole line': () =>
      loginsAs(`x\u2028Nov 21 12:00:00 web01 wordpress(shop.example.com)[1]: ${failing(victim)}\r`),
    'a name that is cut where it says from': () => loginsAs(filled(` from ${victim}`)),
    'a name that is cut in the middle of an address': () => loginsAs(filled(` from ${victim.slice(0, -1)}`)),
    'line feeds in a name': () =>
      loginsAs(`a from ${victim}\n${failing(victim).slice(0, -5 - victim.length)}`),
    'many line feeds in a name': () => loginsAs(`a from ${victim}${`\n${failing(victim)}`.repeat(40)}\nb`),
    'line feeds, and an end that is cut': () =>
      loginsAs(`a from ${victim}${`\n${failing(victim)}`.repeat(5)}\n${filled(` from ${victim}`)}`),
    'line feeds, then lines that name nobody': () =>
      loginsAs(`a from ${victim}\n${failing(victim)}${'\nzzz'.repeat(100)}\nzzz`),
    'one forged record a request': () =>
      Array.from({ length: 20 }, () => withLineFeeds(`${failing(victim)}\n${failing(attacker)}`)).flat(),
    'a name that says it was repeated': () =>
      loginsAs(`message repeated 99 times: [ Authentication failure for bob from ${victim}]`),
    'a repeated message as a record of its own': () =>
      loginsAs(`a from ${victim}\nmessage repeated 99 times: [ ${failing(victim)}]\nb`),
    'a Host that is a whole line': () =>
      Array.from({ length: 10 }, () => request(failing(attacker), { site: `x)[1]: ${failing(victim)}` })),
    'words for an address': () =>
      ['unknown', '2', '203', `${victim}, ${attacker}`, `${victim}:80`].flatMap((end) =>
        Array.from({ length: 5 }, () => request(failing(end))),
      ),
  },
  'one account': {
    'comments of the victim, marked as spam': () =>
      Array.from({ length: 20 }, (_, index) => request(`Spam comment ${index} from ${victim}`)),
    'comments marked as spam all at once': () =>
      Array.from({ length: 20 }, (_, index) => record(`Spam comment ${index} from ${victim}`)),
    'an account that is called like a line': () =>
      Array.from({ length: 5 }, () => request(`Accepted password for ann from ${victim} from ${attacker}`)),
  },
};

describe('nothing that an attacker makes a site write bans somebody else', () => {
  for (const [who, attacks] of Object.entries(corpus)) {
    for (const [what, lines] of Object.entries(attacks)) {
      test(`with ${who}: ${what}`, async () => {
        using daemon = await createSmallDaemon(sites);
        // The victim mistyped his password before: one failure short of a ban, what is forged must not be the last.
        await daemon.read(request(failing(victim)), request(failing(victim)));
        await daemon.read(...lines());
        assert.equal(isBanned(daemon, victim), false);
        await daemon.read(...Array.from({ length: 3 }, () => request(failing(attacker, 'root'))));
        assert.equal(isBanned(daemon, attacker), true, 'who attacks in earnest is banned all the same');
      });
    }
  }
});

test('what a chunk of the log ends in waits for the rest of its instant, and the position stays before it', async () => {
  using daemon = await createSmallDaemon('', { hold: true });
  const [first, ...rest] = withLineFeeds(
    `${failing(victim)}\n${failing(victim)}\n${failing(victim)}\n${failing(attacker)}`,
  );
  const before = request('Accepted password for bob from 198.51.100.99');
  await daemon.read(before, first!);
  const [position] = daemon.store.positions();
  assert.ok(position !== undefined && 'offset' in position);
  assert.equal(position.offset, before.length + 1);
  for (const line of rest) await daemon.read(line);
  assert.equal([...daemon.store.failuresSince(0)].length, 0);
  daemon.passInstant();
  assert.deepEqual(
    [...daemon.store.failuresSince(0)].map(({ address }) => `${address}`),
    [attacker],
  );
  assert.equal(isBanned(daemon, victim), false);
  const [after] = daemon.store.positions();
  assert.ok(after !== undefined && 'offset' in after);
  assert.equal(after.offset, [before, first!, ...rest].join('\n').length + 1);
});

test('who adds forged records to his attack is banned by the last one of each request', async () => {
  using daemon = await createSmallDaemon('');
  const lines = Array.from({ length: 3 }, () =>
    withLineFeeds(`${failing(victim)}\n${failing(attacker)}`),
  ).flat();
  await daemon.read(...lines);
  assert.deepEqual([isBanned(daemon, victim), isBanned(daemon, attacker)], [false, true]);
});

test('failures that are not trusted are kept, shown as such, and told to the administrator', async () => {
  using daemon = await createSmallDaemon('[defaults]\ndistrust = ["long_name"]');
  const name = 'n'.repeat(80);
  await daemon.read(...Array.from({ length: 3 }, () => request(failing(attacker, name))));
  assert.equal(isBanned(daemon, attacker), false);
  assert.deepEqual(
    daemon.store.failuresById([1, 2, 3]).map(({ reason, doubts }) => [reason, doubtsIn(doubts)]),
    Array.from({ length: 3 }, () => ['long_name', ['long_name']]),
  );
  assert.equal(daemon.detector.rule('wordpress')!.jail.failuresOf(parseNetwork(attacker)!), 0);
  assert.deepEqual(
    daemon.doubted.map(({ network, failures }) => [`${network}`, failures]),
    [[attacker, 3]],
  );
});

test('each doubt holds in the jails whose distrust names it, and in no other', async () => {
  using daemon = await createSmallDaemon('[jails.careful]\n[jails.trusting]\ndistrust = []\n');
  await daemon.read(...Array.from({ length: 3 }, () => request(`Spam comment 1 from ${attacker}`)));
  assert.deepEqual(
    daemon.store.bansOverlapping(parseNetwork(attacker)!).map(({ jail }) => jail),
    ['trusting'],
  );
});

describe('a site’s user, or a local shell', () => {
  const register = (daemon: SmallDaemon) =>
    daemon.detector.witnesses.register({
      owners: daemon.registry.owners,
      uids: new Map([
        ['shop', shopUser.uid],
        ['blog', blogUser.uid],
      ]),
    });
  const forged = (site: string) => Array.from({ length: 9 }, () => request(failing(victim), { site }));

  for (const [who, sender] of Object.entries({
    'another site’s user': blogUser,
    'a local shell': stranger,
  })) {
    test(`writes nothing that counts in a registered site’s name, by the journal’s word: ${who}`, async () => {
      using daemon = await createSmallDaemon(sites);
      register(daemon);
      await daemon.readJournal(sender, ...forged('shop.example.com'));
      assert.equal(isBanned(daemon, victim), false);
      assert.deepEqual(
        new Set(daemon.strangers.map(({ site, uid }) => `${site} ${uid}`)),
        new Set([`shop.example.com ${sender.uid}`]),
      );
      assert.equal(
        daemon.strangers.reduce((sum, { lines }) => sum + lines, 0),
        9,
      );
      await daemon.readJournal(shopUser, ...Array.from({ length: 3 }, () => request(failing(attacker))));
      assert.equal(isBanned(daemon, attacker), true);
    });

    test(`limit: in a file nothing tells who wrote a line: ${who}`, async () => {
      using daemon = await createSmallDaemon(sites);
      register(daemon);
      await daemon.read(...forged('shop.example.com'));
      assert.equal(isBanned(daemon, victim), true);
    });
  }

  test('makes nobody known by logins that it writes in another site’s name', async () => {
    using daemon = await createSmallDaemon(sites);
    register(daemon);
    const login = () => request(`Accepted password for admin from ${attacker}`);
    await daemon.readJournal(blogUser, login());
    assert.deepEqual(daemon.loggedIn, []);
    await daemon.readJournal(shopUser, login());
    assert.deepEqual(daemon.loggedIn, [attacker]);
  });

  test('root may write lines of every site', async () => {
    using daemon = await createSmallDaemon(sites);
    register(daemon);
    await daemon.readJournal({ uid: 0, pid: 1 }, ...forged('shop.example.com'));
    assert.equal(isBanned(daemon, victim), true);
  });

  test('names that nobody registered witness nothing where the jail says so', async () => {
    using daemon = await createSmallDaemon(`[defaults]\ndistrust = ["unregistered_site"]\n${sites}`);
    await daemon.read(...forged('made-up.example'));
    assert.equal(isBanned(daemon, victim), false);
  });

  test('a site’s lines alone ban so many in an hour; then another must witness, too, and the next hour is new', async () => {
    using daemon = await createSmallDaemon(`[defaults]\nmax_bans_per_site_per_hour = 2\n${sites}`);
    const attack = (ip: string, site = 'shop.example.com') =>
      daemon.read(...Array.from({ length: 3 }, () => request(failing(ip), { site })));
    for (const last of [1, 2, 3, 4]) await attack(`198.18.0.${last}`);
    assert.deepEqual(
      [1, 2, 3, 4].map((last) => isBanned(daemon, `198.18.0.${last}`)),
      [true, true, false, false],
    );
    const { jail } = daemon.detector.rule('wordpress')!;
    const [exhausted] = jail.exhausted(smallDaemonStart);
    assert.deepEqual([daemon.detector.witnesses.nameOf(exhausted!.source), exhausted!.refused], ['shop', 2]);
    await attack('198.18.0.1');
    await attack('198.18.0.9', 'blog.example.com');
    assert.equal(isBanned(daemon, '198.18.0.9'), true, 'another site has its own measure');
    await daemon.read(request(failing('198.18.0.3'), { site: 'blog.example.com' }));
    assert.equal(isBanned(daemon, '198.18.0.3'), true, 'two sites');
    daemon.clock.time += 3_600_000;
    await daemon.read(request(failing('198.18.0.4')).replace('T12:', 'T13:'));
    assert.equal(isBanned(daemon, '198.18.0.4'), true, 'the next hour');
  });

  test('names that a site makes up are one source where sites are registered', async () => {
    using daemon = await createSmallDaemon(`[defaults]\nmax_bans_per_site_per_hour = 2\n${sites}`);
    for (let last = 0; last < 20; last++) {
      await daemon.read(
        ...[1, 2, 3].map((name) => request(failing(`198.18.0.${last}`), { site: `${name}.made-up.example` })),
      );
    }
    assert.equal(daemon.store.countBansInForce().get('wordpress'), 2);
  });
});

// ─── Properties ─────────────────────────────────────────────────────────────────────────────────────────────────────

const exempt = '198.18.0.1';
const allowed = '198.18.0.2';
const addresses = Array.from({ length: 9 }, (_, index) => `198.18.0.${index + 1}`);
const messages = [
  (ip: string) => failing(ip),
  (ip: string) => failing(ip, `x from ${victim}`),
  (ip: string) => failing(ip, 'n'.repeat(70)),
  (ip: string) => `Spam comment 7 from ${ip}`,
  (ip: string) => `XML-RPC multicall authentication failure from ${ip}`,
  (ip: string) => `message repeated 5 times: [ ${failing(ip)}]`,
  (ip: string) => `Accepted password for bob from ${ip}`,
  () => 'zzz',
];
const line = fc.record({
  message: fc.constantFrom(...messages),
  ip: fc.constantFrom(...addresses),
  pid: fc.constantFrom(1, 2),
  /** In microseconds: of one request, of the next one, much later. */
  apart: fc.constantFrom(3, 20, 2_000, 60_000, 400_000_000, 1_500_000_000),
});
const most = 2;
/** Whoever is known is judged by the clock of the daemon, which here reads a log of hours at once. */
const settings = `[defaults]\nmax_bans_per_site_per_hour = ${most}\nignoreip = ["${exempt}"]\n[known_good]\nenabled = false\n`;

const instantOf = (text: string) => Date.parse(`${text.slice(0, 23)}Z`);

test('no lines of one site ban who is exempt or allowed, or more in an hour than its measure; its log replayed leads to the same bans, and so do the stored failures', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 20, maxLength: 120 }), async (lines) => {
      micros = 0;
      using daemon = await createSmallDaemon(`${settings}${sites}`);
      await daemon.byHand.allow('admin', { ip: allowed });
      daemon.detector.exempt(daemon.exemptions.current);
      const texts = lines.map(({ message, ip, pid, apart }) => record(message(ip), { pid, apart }));
      for (const text of texts) {
        // Read together what belongs together, as the daemon does by waiting.
        daemon.clock.time = Math.max(daemon.clock.time, instantOf(text));
      }
      await daemon.read(...texts);
      const bans = [...daemon.store.bansInForce()];
      assert.ok(bans.every(({ network }) => `${network}` !== exempt && `${network}` !== allowed));
      const perHour = new Map<number, number>();
      for (const { jail, network } of bans) {
        const hour = Math.floor(daemon.store.banInForce(jail, network)!.since / 3_600_000);
        perHour.set(hour, (perHour.get(hour) ?? 0) + 1);
      }
      assert.ok(
        [...perHour.values()].every((count) => count <= most),
        JSON.stringify([...perHour]),
      );
      assert.deepEqual(
        replayed(texts),
        bans.map(({ network, until }) => `${network} ${new Date(until!).toISOString()}`).toSorted(),
      );
      const again = new Detector(
        daemon.detector.jails.map(({ config }) => config),
        daemon.exemptions.current,
        0,
      );
      const due = [...daemon.store.failuresSince(0)].flatMap((failure) =>
        again.recount(new Set(['wordpress']), failure, () => 0),
      );
      assert.deepEqual(
        new Set(due.map(({ network }) => `${network}`)),
        new Set(bans.map(({ network }) => `${network}`)),
      );
    }),
    { numRuns: 40 },
  );
});

/** What a log leads to, with the same settings: `ADDRESS END` of each ban. */
function replayed(lines: readonly string[]): string[] {
  const { config } = parseConfig(`${settings}${sites}`);
  const entry = (text: string) => ({
    network: parseNetwork(text)!,
    source: 'ignoreip' as const,
    detail: '',
    until: null,
  });
  const everywhere = new ExemptionList([entry(exempt), entry(allowed)]);
  const detector = new Detector(config!.jails, { everywhere, byJail: new Map() }, 0);
  const decisions: ReplayedDecision[] = [];
  const now = smallDaemonStart + 30 * 86_400_000;
  const replay = new Replay(
    detector,
    createZoneClock('UTC'),
    now,
    () => 0,
    (one) => decisions.push(one),
    { tellProlonged: true },
  );
  for (const text of lines) {
    const bytes = Buffer.from(text);
    replay.line(bytes, 0, bytes.length, false);
  }
  replay.end();
  const ends = new Map(decisions.map(({ ip, until }) => [ip, until]));
  return [...ends].map(([ip, until]) => `${ip} ${until}`).toSorted();
}
