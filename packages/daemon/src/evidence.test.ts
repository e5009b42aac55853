import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FailureRecord, parseAddress } from '@portcullis/core';
import { addEvidence, noEvidence } from './evidence.ts';

let lastId = 0;
const failure = (site: string, user: string | null, time: number, count = 1): FailureRecord => ({
  id: ++lastId,
  time,
  address: parseAddress('198.51.100.7')!,
  site,
  event: user === null ? 'multicall' : 'login_failure',
  channel: null,
  user,
  count,
  reason: null,
  doubts: 0,
  sender: user === null ? null : { uid: time, pid: lastId },
  line: new TextEncoder().encode(`${site} ${user} ${time}`),
});

test('evidence is kept by site: names, events and times of each, and whose each line is', () => {
  const first = addEvidence(noEvidence, [failure('a.example', 'ann', 5), failure('b.example', 'bob', 3)]);
  const { ofSites, lines, lineSites, lineSenders, ...whole } = addEvidence(first, [
    failure('a.example', 'bob', 9, 2),
    failure('a.example', null, 8),
  ]);
  assert.deepEqual(
    { ...ofSites },
    {
      'a.example': {
        events: { login_failure: 3, multicall: 1 },
        users: ['bob', 'ann'],
        firstFailureAt: 5,
        lastFailureAt: 9,
      },
      'b.example': {
        events: { login_failure: 1 },
        users: ['bob'],
        firstFailureAt: 3,
        lastFailureAt: 3,
      },
    },
  );
  assert.deepEqual(lineSites, ['a.example', 'b.example', 'a.example', 'a.example']);
  assert.deepEqual(
    lineSenders.map((sender) => sender?.uid ?? null),
    [5, 3, 9, null],
  );
  assert.ok(lines.every((line, at) => line.startsWith(lineSites[at]!)));
  assert.deepEqual({ ...whole.sites }, { 'a.example': 4, 'b.example': 1 });
  assert.deepEqual([whole.users, whole.firstFailureAt, whole.lastFailureAt], [['bob', 'ann'], 3, 9]);
});

test('a site called __proto__ is a site', () => {
  const { sites, ofSites } = addEvidence(noEvidence, [failure('__proto__', 'ann', 1)]);
  assert.deepEqual(Object.entries(sites), [['__proto__', 1]]);
  assert.deepEqual(Object.keys(ofSites), ['__proto__']);
});

test('sites beyond the bound are counted together, and so belong to nobody', () => {
  const many = Array.from({ length: 3000 }, (_, at) => failure(`${at}.example`, null, 1));
  const { sites, ofSites } = addEvidence(noEvidence, many);
  assert.ok(Object.keys(sites).length < 2000);
  assert.deepEqual(Object.keys(sites), Object.keys(ofSites));
  assert.equal(
    Object.values(sites).reduce((sum, count) => sum + count),
    3000,
  );
});
