import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from './address.ts';
import { type Accusation, type Judgement, judge, type KnownGoodPolicy } from './known-good.ts';
import type { Logins } from './logins.ts';

const now = 1_764_000_000_000;
const day = 86_400_000;
const client = parseAddress('198.51.100.7')!;
const policy: KnownGoodPolicy = {
  enabled: true,
  logins: 3,
  within: 30 * day,
  factor: 2,
  bantime: 600_000,
  holdFor: 600_000,
  sharedSites: 4,
};

const logins = (site: string, account = 'ann', hours = 3, lastHour = now - day): Logins => ({
  client,
  site,
  account,
  hours,
  lastHour,
});

/** Failures by site, against what is known of the client. */
function accuse(
  failures: Record<string, number>,
  known: readonly Logins[] = [],
  rest: Partial<Accusation> & { sessions?: readonly string[] } = {},
): Accusation {
  const { sessions = [], ...others } = rest;
  return {
    required: 3,
    failures: Object.entries(failures).map(([site, count]) => ({
      site,
      count,
      logins: known.find((each) => each.site === site) ?? null,
      session: sessions.includes(site),
    })),
    logins: known,
    sameSite: (one, other) => one.split('/')[0] === other.split('/')[0],
    heldLately: false,
    letGo: 0,
    bannedBefore: false,
    ...others,
  };
}

const several = [logins('a.example', 'ann'), logins('b.example', 'bob')];
const many = ['a', 'b', 'c', 'd'].map((name) => logins(`${name}.example`, name));

const cases: [string, Accusation, Judgement['act'], (number | null)?][] = [
  ['a stranger is banned as usual', accuse({ 'a.example': 3 }), 'ban', null],
  ['three typos where one logs in are not enough', accuse({ 'a.example': 3 }, [logins('a.example')]), 'wait'],
  ['six are, and the first ban is short', accuse({ 'a.example': 6 }, [logins('a.example')]), 'ban', 600_000],
  [
    'a later ban is as long as any',
    accuse({ 'a.example': 6 }, [logins('a.example')], { bannedBefore: true }),
    'ban',
    null,
  ],
  ['an account elsewhere helps nothing', accuse({ 'b.example': 3 }, [logins('a.example')]), 'ban', null],
  [
    'failures elsewhere count in full',
    accuse({ 'a.example': 2, 'b.example': 2 }, [logins('a.example')]),
    'ban',
    null,
  ],
  ['few logins make nobody known', accuse({ 'a.example': 3 }, [logins('a.example', 'ann', 2)]), 'ban', null],
  [
    'nor do old ones',
    accuse({ 'a.example': 3 }, [logins('a.example', 'ann', 9, now - 31 * day)]),
    'ban',
    null,
  ],
  ['who logs in on several sites is held', accuse({ 'c.example': 3 }, several), 'hold'],
  ['but not twice', accuse({ 'c.example': 3 }, several, { heldLately: true }), 'ban', null],
  [
    'one account under several names is one',
    accuse({ 'c.example': 3 }, [logins('a.example'), logins('b.example')]),
    'ban',
    null,
  ],
  [
    'sub-sites of one network are one',
    accuse({ 'c.example': 3 }, [logins('a.example/x', 'ann'), logins('a.example/y', 'bob')]),
    'ban',
    null,
  ],
  [
    'lines that name no site vouch for nothing elsewhere',
    accuse({ 'c.example': 3 }, [logins('', 'ann'), logins('b.example', 'bob')]),
    'ban',
    null,
  ],
  ['a site’s administrator is held', accuse({ 'a.example': 3 }, [], { sessions: ['a.example'] }), 'hold'],
  [
    'but a site shields nobody from others',
    accuse({ 'a.example': 2, 'b.example': 3 }, [], { sessions: ['a.example'] }),
    'ban',
    null,
  ],
  ['an address that many share is let go', accuse({ 'e.example': 3 }, many), 'let_go'],
  ['but not for more failures than logins', accuse({ 'e.example': 3 }, many, { letGo: 10 }), 'hold'],
  [
    'and in the end it is banned',
    accuse({ 'e.example': 3 }, many, { letGo: 10, heldLately: true }),
    'ban',
    null,
  ],
];

for (const [title, accusation, act, bantime] of cases) {
  test(title, () => {
    const judgement = judge(policy, accusation, now);
    assert.equal(judgement.act, act);
    if (judgement.act === 'ban') assert.equal(judgement.bantime, bantime);
  });
}

test('switched off, everybody is banned as usual', () => {
  for (const [, accusation] of cases)
    assert.equal(judge({ ...policy, enabled: false }, accusation, now).act, 'ban');
});

test('with no time to hold, nobody is held', () => {
  assert.equal(judge({ ...policy, holdFor: 0 }, accuse({ 'c.example': 3 }, several), now).act, 'ban');
});

test('nobody is immune: who fails often enough and was held before is banned, whatever his logins', () => {
  const anyLogins = fc.record({
    site: fc.constantFrom('a.example', 'b.example', 'a.example/x', ''),
    account: fc.constantFrom('ann', 'bob', 'eve'),
    hours: fc.integer({ min: 1, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(anyLogins, { maxLength: 30 }), fc.boolean(), (known, session) => {
      const all = known.map(({ site, account, hours }) => logins(site, account, hours));
      const hours = all.reduce((sum, each) => sum + each.hours, 0);
      const accusation = accuse({ 'a.example': 6 }, all, {
        heldLately: true,
        letGo: hours,
        sessions: session ? ['a.example'] : [],
      });
      assert.equal(judge(policy, accusation, now).act, 'ban');
    }),
  );
});

test('who owns one account on one site is held nowhere, whatever names he calls it by', () => {
  fc.assert(
    fc.property(fc.array(fc.domain(), { maxLength: 20 }), fc.domain(), (names, target) => {
      const accusation = accuse(
        { [target]: 6 },
        names.map((name) => logins(name)),
      );
      assert.equal(judge(policy, accusation, now).act, 'ban');
    }),
  );
});
