import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetwork } from './address.ts';
import { accuse } from './banned-networks.ts';
import { standardConfig } from './config.ts';
import type { Verdict } from './jail.ts';

const jail = { ...standardConfig().jails[0]!, maxretry: 3 };

/** What becomes of a verdict on one /64 whose addresses failed so often, when ::2 has become exempt since. */
function accused(counts: readonly (readonly [ip: string, count: number])[]): number | null {
  const failures = counts.map(([ip, count], id) => ({
    id,
    count,
    time: id,
    address: parseNetwork(ip)!,
    site: 'a.example',
  }));
  const verdict: Verdict = {
    jail: jail.name,
    network: parseNetwork('2001:db8::/64')!,
    time: counts.length,
    failures: failures.reduce((sum, { count }) => sum + count, 0),
    failureIds: failures.map(({ id }) => id),
    failureCounts: failures.map(({ count }) => count),
    failureTimes: failures.map(({ time }) => time),
  };
  const isExempt = (network: unknown) => String(network) === '2001:db8::2';
  const innocents = { isExempt, holdsInnocent: () => true, isKnownAt: () => false };
  return accuse(jail, verdict, failures, innocents)?.verdict.failures ?? null;
}

test('nobody is banned for what somebody did who has become exempt since', () => {
  assert.equal(
    accused([
      ['2001:db8::1', 1],
      ['2001:db8::2', 2],
    ]),
    null,
  );
  assert.equal(
    accused([
      ['2001:db8::1', 3],
      ['2001:db8::2', 2],
    ]),
    3,
  );
  assert.equal(accused([['2001:db8::2', 3]]), null);
  assert.equal(accused([['2001:db8::1', 3]]), 3);
});
