import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Install } from './installs.ts';
import { planSites } from './plan.ts';

const install = (name: string, user: string | null, domains = [`${name}.example`]): Install => ({
  path: `/www/${name}`,
  domains,
  user,
  how: 'PHP-FPM pool x',
});
const registered = (id: string, user: string, ...domains: string[]) =>
  ({ id, user, domains, mode: 'isolated' }) as const;

test('a site with a user of its own gets a socket of its own; two of one user share one', () => {
  const plans = planSites([install('a', 'a'), install('b', 'www'), install('c', 'www')], []);
  assert.deepEqual(
    plans.map(({ mode, register }) => [mode, register]),
    [
      ['isolated', true],
      ['shared', true],
      ['shared', true],
    ],
  );
});

test('a site whose user another registered site has is no island either', () => {
  const [plan] = planSites([install('a', 'www')], [registered('z', 'www', 'z.example')]);
  assert.equal(plan?.mode, 'shared');
});

test('what is registered is kept, and what differs is left to a person', () => {
  const [plan] = planSites(
    [install('a', 'a', ['a.example', 'www.a.example'])],
    [registered('a', 'b', 'a.example')],
  );
  assert.deepEqual([plan?.registered, plan?.register], ['a', false]);
  assert.match(plan?.left.join(' ') ?? '', /www\.a\.example is not among.*registered for b, but a runs it/);
});

test('without a name, without a user, or with root, nothing is registered and the command is told', () => {
  for (const one of [install('a', 'a', []), install('a', null), install('a', 'root')]) {
    const [plan] = planSites([one], []);
    assert.equal(plan?.register, false);
    assert.match(plan?.left[0] ?? '', /portcullis site add .* --user USER/);
  }
});
