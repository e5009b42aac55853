import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSmallDaemon } from '../../../../test/support/small-daemon.ts';
import { readNewestBans } from './newest-bans.ts';

test('a ban is counted once, with the failures of the sites that were asked for, the newest first', async () => {
  const { read, store } = await createSmallDaemon('');
  const line = (second: number, site: string, ip: string) =>
    `2026-11-21T11:59:${second}Z web wordpress(${site})[7]: Authentication failure for bob from ${ip}`;
  await read(
    ...['a.example', 'a.example', 'b.example'].map((site) => line(10, site, '198.51.100.7')),
    ...['b.example', 'b.example', 'b.example'].map((site) => line(20, site, '198.51.100.8')),
  );
  const newest = (since: string, ...sites: string[]) =>
    readNewestBans(store.db, { since, sites: sites.length === 0 ? undefined : sites }).map(
      ({ network, failures }) => `${network} ${failures}`,
    );
  const noon = '2026-11-21T11:00:00.000Z';
  assert.deepEqual(newest(noon), ['198.51.100.8 3', '198.51.100.7 3']);
  assert.deepEqual(newest(noon, 'a.example', 'b.example'), ['198.51.100.8 3', '198.51.100.7 3']);
  assert.deepEqual(newest(noon, 'a.example'), ['198.51.100.7 2']);
  assert.deepEqual(newest('2026-11-21T11:59:15.000Z'), ['198.51.100.8 3']);
  assert.deepEqual(newest(noon, 'c.example'), []);
});
