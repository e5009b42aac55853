import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostEvent } from '@portcullis/core';
import { createStore } from '../store/sqlite.ts';
import { createSilentSites } from './silent-sites.ts';

const day = 86_400_000;
const start = Date.parse('2026-11-21T12:00:00Z');

test('a site that falls silent is told of once, over restarts, too; one that nobody registered must have a habit', () => {
  const clock = { time: start, now: () => clock.time };
  const store = createStore({
    path: ':memory:',
    clock,
    retention: { historyMs: null, failuresMs: null, auditMs: null },
  });
  const told: string[] = [];
  const watch = () =>
    createSilentSites({
      outbox: store.outbox,
      clock,
      silentAfter: () => 7 * day,
      lastSeen: store.siteTable.lastSeen,
      isRegistered: (name) => name === 'shop.example',
      tell: (event: HostEvent) => void (event.kind === 'silent_site' && told.push(event.site)),
    });
  const seen = (site: string, firstEventAt: number, lastEventAt: number) =>
    store.touchSites([{ site, events: 1, failures: 0, firstEventAt, lastEventAt }]);
  seen('shop.example', start - 2 * day, start);
  seen('blog.example', start - 8 * day, start);
  seen('invented.example', start - 2 * day, start);
  seen('new.example', start - 1_000, start);
  seen('a <forged> name', start - 9 * day, start);
  seen('lively.example', start - 9 * day, start + 3 * day);
  watch()();
  assert.deepEqual(told, []);
  clock.time = start + 7 * day - 1;
  watch()();
  assert.deepEqual(told, []);
  clock.time = start + 9 * day;
  watch()();
  assert.deepEqual(told.sort(), ['blog.example', 'shop.example']);
  store.outbox.keep([]);
  clock.time = start + 12 * day;
  watch()();
  assert.deepEqual(told.sort(), ['blog.example', 'lively.example', 'shop.example']);
  store.close();
});
