import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationConfig, type PeriodicReport, parseConfig, type ReportSpan } from '@portcullis/core';
import { layoutText } from '../../../../test/support/slack-payload.ts';
import { createSlackServer, type SlackServer } from '../../../../test/support/slack-server.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { createStore } from '../store/sqlite.ts';
import { Reports } from './reports.ts';
import { ReportSchedule } from './schedule.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A Saturday. */
const start = Date.parse('2026-11-21T12:00:00Z');

const emptyReport = ({ since, until }: ReportSpan): PeriodicReport => ({
  since,
  until,
  failures: 0,
  bans: 0,
  before: { failures: 0, bans: 0 },
  sites: [],
  otherSites: 0,
  users: [],
  countries: [],
  networks: [],
  originsOf: 0,
  chart: [],
});

/** A store that outlives its daemons, a server in Slack's place, and a clock that stands still. */
function createStage(server: SlackServer, reports: string) {
  const clock = { time: start, now: () => clock.time };
  const store = createStore({
    path: ':memory:',
    clock,
    retention: { historyMs: null, failuresMs: null, auditMs: null },
  });
  const { config } = parseConfig(`[slack]\nwebhook_url = "${server.url}"\nreports = ${reports}`);
  const composed: [string, ReportSpan][] = [];
  const stage = {
    clock,
    store,
    composed,
    behind: false,
    async daemon(destinations: readonly DestinationConfig[] = config!.destinations) {
      const told = new Reports({
        outbox: store.outbox,
        clock,
        random: () => 0,
        credentials: undefined,
        ownerOf: () => null,
        originOf: () => ({ country: null, asn: null, as_name: null }),
        readerOf: () => '',
        log: { warn: assert.fail, error: assert.fail },
        onTrouble: (_, sentence) => assert.equal(sentence, null),
      });
      await told.configure(destinations);
      const schedule = new ReportSchedule({
        reports: told,
        outbox: store.outbox,
        clock,
        zone: () => 'UTC',
        settings: () => ({ at: 8 * 60 }),
        isBehind: () => stage.behind,
        async compose(span, { name }) {
          composed.push([name, span]);
          return emptyReport(span);
        },
        transaction: (work) => store.transaction(work),
      });
      return {
        check: () => schedule.check(),
        async [Symbol.asyncDispose]() {
          await schedule.stop();
          await told.stop();
        },
      };
    },
    [Symbol.dispose]: () => store.close(),
  };
  return stage;
}

const titles = ({ received }: SlackServer) => received.map(({ body }) => layoutText(body).split('\n')[0]);

test('a daily report goes out once each morning, over restarts and after days of downtime', async () => {
  await using server = await createSlackServer();
  using stage = createStage(server, '["daily"]');
  const { clock } = stage;
  for (const [days, reports] of [
    [0, 0],
    [1, 1],
    [1, 1],
    [2, 2],
    [9, 3],
  ] as const) {
    clock.time = start + days * day;
    await using daemon = await stage.daemon();
    await daemon.check();
    await daemon.check();
    await waitFor('what waits is sent', () => stage.store.outbox.waiting('slack').length === 0);
    assert.equal(server.received.length, reports, `after ${days} days`);
  }
  assert.match(titles(server).at(-1)!, /2026-11-29 08:00 UTC – 2026-11-30 08:00 UTC/);
  for (const { faults } of server.received) assert.deepEqual(faults, []);
});

test('on Mondays the weekly report stands for the daily one', async () => {
  await using server = await createSlackServer();
  using stage = createStage(server, '["daily", "weekly"]');
  await using daemon = await stage.daemon();
  for (let days = 0; days <= 4; days++) {
    stage.clock.time = start + days * day;
    await daemon.check();
  }
  assert.deepEqual(
    stage.composed.map(([, { since, until }]) => (until - since) / day),
    [1, 7, 1, 1],
  );
});

test('a report waits for lines that are not read yet, for an hour at most', async () => {
  await using server = await createSlackServer();
  using stage = createStage(server, '["daily"]');
  await using daemon = await stage.daemon();
  await daemon.check();
  stage.behind = true;
  for (const [later, reports] of [
    [0, 0],
    [hour - 1, 0],
    [hour, 1],
  ] as const) {
    stage.clock.time = start + day + later;
    await daemon.check();
    assert.equal(stage.composed.length, reports, `${later} ms later`);
  }
});

test('a place that wants a report gets it, whatever else is too little for it', async () => {
  await using server = await createSlackServer();
  using stage = createStage(server, '["daily"]\nmin_severity = "critical"');
  for (const days of [0, 1]) {
    stage.clock.time = start + days * day;
    await using daemon = await stage.daemon();
    await daemon.check();
    await waitFor('what waits is sent', () => stage.store.outbox.waiting('slack').length === 0);
  }
  assert.match(titles(server).join(), /Report of /);
});

test('places that want no report get none', async () => {
  await using server = await createSlackServer();
  using stage = createStage(server, '[]');
  await using daemon = await stage.daemon();
  for (const days of [0, 1, 9]) {
    stage.clock.time = start + days * day;
    await daemon.check();
  }
  assert.deepEqual(stage.composed, []);
});
