import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseNetwork } from '@portcullis/core';
import { failureLine, failureLines, loginLine } from '../../../test/support/log-lines.ts';
import { createSmallDaemon, type SmallDaemon, smallDaemonStart } from '../../../test/support/small-daemon.ts';

const ip = '198.51.100.7';
const at = (seconds: number) => ({ time: smallDaemonStart + seconds * 1000 });
const banOf = ({ store }: SmallDaemon, address = ip) => store.bansOverlapping(parseNetwork(address)!)[0]!;
const receiptOf = (daemon: SmallDaemon, address = ip) => daemon.store.receiptOf(banOf(daemon, address).id)!;

describe('a receipt', () => {
  test('holds the rule, each failure with its line, and what it was compared with', async () => {
    using daemon = await createSmallDaemon(
      '[jails.wordpress]\nbantime = "1h"\nbantime_increment = true\nignoreip = ["203.0.113.1", "203.0.113.2"]',
    );
    await daemon.read(...failureLines(ip, 3, at(-7200)));
    await daemon.byHand.allow('admin', { ip: '203.0.113.3' });
    const lines = [
      failureLine(ip, { ...at(-60), user: 'ann' }),
      failureLine(ip, { ...at(-30), user: 'x'.repeat(70) }),
      failureLine(ip, { ...at(0), site: 'shop.example.com' }),
    ];
    await daemon.read(...lines);
    const receipt = receiptOf(daemon);
    assert.partialDeepStrictEqual(receipt, {
      at: smallDaemonStart,
      byHand: null,
      required: 3,
      campaign: null,
      failures: 3,
      earlierBans: 1,
      bantime: 7_200_000,
      knownGood: null,
    });
    assert.partialDeepStrictEqual(receipt.rule, {
      jail: 'wordpress',
      filter: ['wordpress-hard', 'wordpress-soft'],
      findtime_seconds: 10_800,
      bantime_seconds: 3_600,
      bantime_increment: true,
      distrust: ['burst', 'stored_address', 'wrong_sender'],
    });
    assert.deepEqual(
      receipt.evidence.map(({ line }) => line),
      lines,
    );
    assert.deepEqual(
      receipt.evidence.map(({ time, site, user, doubts }) => [time, site, user?.slice(0, 3), doubts]),
      [
        [smallDaemonStart - 60_000, 'blog.example.com', 'ann', 0],
        [smallDaemonStart - 30_000, 'blog.example.com', 'xxx', 2],
        [smallDaemonStart, 'shop.example.com', 'adm', 0],
      ],
    );
    const { exemptions, exemptedBy } = receipt.compared;
    assert.deepEqual([exemptions['ignoreip'], exemptions['allow'], exemptedBy], [2, 1, null]);
    assert.ok(exemptions['host']! > 0);
  });

  test('stays as it was when more failures prolong the ban', async () => {
    using daemon = await createSmallDaemon('');
    await daemon.read(...failureLines(ip, 3, { ...at(-60), user: 'first' }));
    const receipt = receiptOf(daemon);
    await daemon.read(...failureLines(ip, 30, { ...at(0), user: 'later' }));
    assert.equal(banOf(daemon).failures, 33);
    assert.ok(banOf(daemon).evidence.lines.every((line) => line.includes('later')));
    assert.deepEqual(receiptOf(daemon), receipt);
    assert.ok(receipt.evidence.every(({ line }) => line.includes('first')));
  });

  test('counts of a failure what counted, where one site alone was beyond its measure', async () => {
    using daemon = await createSmallDaemon('[jails.wordpress]\nmaxretry = 2\nmax_bans_per_site_per_hour = 1');
    const one = { ...at(0), site: 'a.example' };
    await daemon.read(...failureLines('198.51.100.1', 2, one));
    const repeated = failureLine(ip, one).replace(/: (Auth.*)$/, ': message repeated 3 times: [ $1]');
    await daemon.read(repeated);
    assert.equal(banOf(daemon), undefined);
    await daemon.read(failureLine(ip, { ...at(0), site: 'b.example' }));
    const { failures, evidence } = receiptOf(daemon);
    assert.equal(failures, 2);
    assert.deepEqual(
      evidence.map(({ count, site }) => [count, site]),
      [
        [1, 'a.example'],
        [1, 'b.example'],
      ],
    );
    assert.equal(evidence[0]?.line, repeated);
  });

  test('of one address in a /64 names the client that was counted, and whose each failure is', async () => {
    using daemon = await createSmallDaemon('');
    await daemon.byHand.allow('admin', { ip: '2001:db8::9' });
    await daemon.read(
      ...['2001:db8::1', '2001:db8::2', '2001:db8::1'].map((each) => failureLine(each, at(0))),
    );
    const { client, evidence } = receiptOf(daemon, '2001:db8::2');
    assert.equal(String(client), '2001:db8::/64');
    assert.deepEqual(
      evidence.map(({ address }) => String(address)),
      ['2001:db8::1', '2001:db8::2', '2001:db8::1'],
    );
    assert.equal(String(banOf(daemon, '2001:db8::2').network), '2001:db8::2');
  });

  test('weighs what fails where its client is known, and tells the logins that made it known', async () => {
    using daemon = await createSmallDaemon('');
    await daemon.read(...[3, 2, 1].map((hours) => loginLine(ip, at(-hours * 3600))));
    await daemon.read(...failureLines(ip, 3, at(0)));
    assert.equal(banOf(daemon), undefined);
    await daemon.read(...failureLines(ip, 3, at(0)));
    const { required, failures, evidence, knownGood, compared, bantime } = receiptOf(daemon);
    assert.deepEqual([required, failures, knownGood?.factor, bantime], [3, 6, 2, 600_000]);
    assert.ok(evidence.every(({ count, weight }) => count === 1 && weight === 0.5));
    assert.deepEqual(compared.logins, [{ site: 'blog.example.com', hours: 3, known: true }]);
  });

  test('of a ban by hand says who, when, for how long, and against which exemption', async () => {
    using daemon = await createSmallDaemon('[jails.wordpress]\nignoreip = ["198.51.100.0/24"]');
    await daemon.byHand.ban('admin', { ip, bantime: '7d', reason: 'asked for', force: true });
    const receipt = receiptOf(daemon);
    const byHand = { by: 'admin', at: smallDaemonStart, bantime: 7 * 86_400_000 };
    assert.partialDeepStrictEqual(receipt, { byHand, rule: null, required: 0, failures: 0, evidence: [] });
    assert.match(receipt.compared.exemptedBy ?? '', /198\.51\.100\.0\/24 stands in ignoreip/);
  });

  test('of a ban that a rule made and a person changed keeps both', async () => {
    using daemon = await createSmallDaemon('');
    await daemon.read(...failureLines(ip, 3, at(0)));
    const receipt = receiptOf(daemon);
    daemon.clock.time += 60_000;
    await daemon.byHand.ban('admin', { ip, bantime: '-1' });
    const byHand = { by: 'admin', at: smallDaemonStart + 60_000, bantime: null };
    assert.deepEqual(receiptOf(daemon), { ...receipt, byHand });
  });
});
