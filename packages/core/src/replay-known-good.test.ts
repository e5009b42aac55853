import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';
import { Detector } from './detector.ts';
import { ExemptionList } from './ignoreip.ts';
import { Replay, type ReplayedDecision } from './replay.ts';
import { createZoneClock } from './stamp.ts';

const hour = 3_600;
const midnight = Date.parse('2026-11-21T00:00:00Z');
const ip = '198.51.100.7';

interface Place {
  readonly site?: string;
  readonly user?: string;
}
const line = (second: number, words: string, { site = 'a.example', user = 'ann' }: Place) =>
  `${new Date(midnight + second * 1000).toISOString()} web01 wordpress(${site})[1]: ${words} for ${user} from ${ip}`;
const failures = (second: number, count: number, place: Place = {}) =>
  Array.from({ length: count }, (_, at) => line(second + at, 'Authentication failure', place));
/** Three hours of logins, which make somebody known. */
const logins = (place: Place = {}) => [0, 1, 2].map((at) => line(at * hour, 'Accepted password', place));
const ofTwoSites = [...logins(), ...logins({ site: 'b.example', user: 'bob' })].toSorted();

/** `hold 7203 until 7803: WHY`, `ban 7803 until 8403`: times in seconds after midnight. */
function replayed(lines: readonly string[], config = ''): string[] {
  const { jails, knownGood } = parseConfig(config).config!;
  const told: string[] = [];
  const second = (time: string) => (Date.parse(time) - midnight) / 1000;
  const tell = ({ action, time, until, because }: ReplayedDecision) =>
    told.push(
      `${action} ${second(time)}${until ? ` until ${second(until)}` : ''}${because === undefined ? '' : `: ${because}`}`,
    );
  const detector = new Detector(jails, { everywhere: new ExemptionList(), byJail: new Map() }, 0);
  const replay = new Replay(detector, createZoneClock('UTC'), midnight + 86_400_000, () => 0, tell, {
    knownGood,
  });
  for (const text of lines) {
    const bytes = Buffer.from(text);
    replay.line(bytes, 0, bytes.length, false);
  }
  replay.end();
  return told;
}
const day = 24 * hour;

test('three typos where one logs in ban nobody; six do, and the first ban is short', () => {
  assert.deepEqual(replayed([...logins(), ...failures(3 * hour, 3)]), []);
  assert.deepEqual(
    replayed([...logins(), ...failures(3 * hour, 6), line(5 * hour, 'Accepted password', {})]),
    [
      `ban ${3 * hour + 5} until ${3 * hour + 605}: a first ban of somebody who logs in there`,
      `unban ${3 * hour + 605}`,
    ],
  );
});

test('a later ban is as long as any, although the one before it has ended', () => {
  const told = replayed([...logins(), ...failures(3 * hour, 6), ...failures(5 * hour, 6)]);
  assert.equal(told.at(-1), `ban ${5 * hour + 5} until ${5 * hour + 5 + day}`);
});

test('failures that wait are forgotten after findtime', () => {
  const config = '[defaults]\nfindtime = "10m"\n';
  assert.deepEqual(
    replayed([...logins(), ...failures(3 * hour, 3), ...failures(3 * hour + 700, 3)], config),
    [],
  );
});

test('a ban that waits is made when the log’s clock passes its end, at that end', () => {
  const start = 3 * hour + 2;
  const told = replayed([
    ...ofTwoSites,
    ...failures(3 * hour, 3, { site: 'c.example' }),
    line(4 * hour, 'Accepted password', {}),
  ]);
  const because = 'people log in from it on 2 sites, with 2 accounts';
  assert.deepEqual(told, [
    `hold ${start} until ${start + 600}: ${because}`,
    `ban ${start + 600} until ${start + 1_200}: held, and not answered: ${because}`,
    `unban ${start + 1_200}`,
  ]);
});

test('it waits once a day, and no longer where the failures go on', () => {
  const again = [...ofTwoSites, ...failures(3 * hour, 3, { site: 'c.example' })];
  const [, , , second] = replayed([...again, ...failures(4 * hour, 3, { site: 'c.example' })]);
  assert.equal(second, `ban ${4 * hour + 2} until ${4 * hour + 2 + day}`);
  const [hold, ban] = replayed([...again, ...failures(3 * hour + 10, 12, { site: 'c.example' })]);
  assert.match(hold!, /^hold/);
  assert.equal(ban, `ban ${3 * hour + 21} until ${3 * hour + 621}: held before, and the failures went on`);
});

test('an address that many share is let go, as often as people there log in', () => {
  const config = '[known_good]\nshared_sites = 3\nhold = "0"\n';
  const third = logins({ site: 'd.example', user: 'dan' });
  const known = [...[...ofTwoSites, ...third].toSorted(), ...failures(3 * hour, 6, { site: 'c.example' })];
  assert.deepEqual(replayed(known, config), []);
  assert.equal(replayed([...known, ...failures(4 * hour, 6, { site: 'c.example' })], config).length, 1);
});

test('a login that names no time, and known_good.enabled = false, change nothing', () => {
  const timeless = logins().map((text) => text.replace(/^\S+/, '2026-13-41T25:00:00Z'));
  const banned = [`ban ${3 * hour + 2} until ${3 * hour + 2 + day}`];
  assert.deepEqual(replayed([...timeless, ...failures(3 * hour, 3)]), banned);
  assert.deepEqual(
    replayed([...logins(), ...failures(3 * hour, 3)], '[known_good]\nenabled = false\n'),
    banned,
  );
});
