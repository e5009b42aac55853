import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { completeSite, parseNetwork, type Sender } from '@portcullis/core';
import { failureLines } from '../../../../test/support/log-lines.ts';
import { createSmallDaemon, type SmallDaemon } from '../../../../test/support/small-daemon.ts';
import { createExec } from '../exec.ts';
import { createUnixNames } from './unix-names.ts';

const victim = '198.51.100.7';
const site = (id: string, user: string | undefined, mode: 'isolated' | 'shared') =>
  completeSite(id, { domains: [`${id}.example`], mode, ...(user === undefined ? {} : { user }) });
const uidOf = async (name: string) => (await createUnixNames(createExec()).user(name)).uid;

describe('who may write a site’s lines, by the journal’s word', {
  skip: process.getuid?.() === 0 ? false : 'sockets get an owner, which needs root',
}, () => {
  /** A daemon with sites in shared mode, one of them with a user, and one in isolated mode. */
  async function start() {
    const directory = mkdtempSync(join(tmpdir(), 'portcullis-sockets-'));
    const daemon = await createSmallDaemon(`run_dir = "${directory}"\n[panel]\nshared_group = "games"`);
    const registered = [
      site('named', 'games', 'shared'),
      site('open', undefined, 'shared'),
      site('own', 'mail', 'isolated'),
    ];
    daemon.configure(registered);
    await daemon.sites.sync();
    return {
      daemon,
      registered,
      async [Symbol.asyncDispose]() {
        await daemon.sites.close();
        daemon[Symbol.dispose]();
        rmSync(directory, { recursive: true });
      },
    };
  }
  const bans = async (daemon: SmallDaemon, name: string, uid: number): Promise<boolean> => {
    const sender: Sender = { uid, pid: 77 };
    await daemon.readJournal(sender, ...failureLines(victim, 3, { site: name, time: daemon.clock.now() }));
    const banned = daemon.store.bansOverlapping(parseNetwork(victim)!).length > 0;
    if (banned) await daemon.byHand.unban('admin', victim, {});
    return banned;
  };

  test('its user and root, where one is registered, in either mode; else anybody', async () => {
    await using host = await start();
    const { daemon } = host;
    const [games, mail] = [await uidOf('games'), await uidOf('mail')];
    assert.deepEqual(daemon.registry.all.map(({ id }) => id).sort(), ['named', 'open', 'own']);
    for (const [name, uid, counts] of [
      ['named.example', games, true],
      ['named.example', 0, true],
      ['named.example', mail, false],
      ['open.example', mail, true],
      ['own.example', mail, true],
      ['own.example', games, false],
    ] as const) {
      assert.equal(await bans(daemon, name, uid), counts, `${name} by ${uid}`);
    }
    assert.deepEqual(daemon.strangers, [
      { site: 'named.example', uid: mail, lines: 3 },
      { site: 'own.example', uid: games, lines: 3 },
    ]);
  });

  test('a user whom the host does not know is told, and the others go on', async () => {
    await using host = await start();
    const { daemon, registered } = host;
    daemon.configure([...registered, site('lost', 'no-such-user', 'shared')]);
    await daemon.sites.sync();
    const sentences = () => daemon.health.problems.map(({ sentence }) => sentence);
    assert.equal(sentences().length, 1);
    assert.match(sentences()[0]!, /The user of the site lost is not known: .*no-such-user/);
    assert.equal(await bans(daemon, 'named.example', await uidOf('mail')), false);
    daemon.configure(registered);
    await daemon.sites.sync();
    assert.deepEqual(sentences(), []);
  });
});
