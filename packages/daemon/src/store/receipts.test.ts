import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { ruleOf, standardConfig } from '@portcullis/core';
import { ban, network, receipt } from '../../../../test/support/ban-store-conformance.ts';
import { listShippedFiles } from '../shipped-file.ts';
import { createQueries } from './queries.ts';
import { createStore } from './sqlite.ts';

const options = { clock: { now: () => 0 }, retention: { historyMs: null, failuresMs: null, auditMs: null } };
const rule = ruleOf(standardConfig().jails[0]!);
const address = (n: number) => network(`10.0.${n >> 8}.${n & 255}`);

test('a rule is stored once, however many bans it decides; of more than 1,000 those used last are kept', () => {
  const store = createStore({ path: ':memory:', ...options });
  const rules = () => store.db.get<{ n: number }>('SELECT count(*) AS n FROM ban_rules')!.n;
  const insert = (n: number, maxretry: number) =>
    store.insertBan(ban({ network: address(n) }), receipt({ at: n * 60_000, rule: { ...rule, maxretry } }));
  for (let n = 0; n < 50; n++) insert(n, 3);
  assert.equal(rules(), 1);
  const { id: first } = insert(50, 2_000);
  for (let n = 51; n < 1_051; n++) insert(n, n);
  const { id: last } = insert(1_051, 3);
  store.prune(0);
  assert.equal(rules(), 1_000);
  assert.equal(store.receiptOf(first)?.rule, null);
  assert.equal(store.receiptOf(first)?.failures, 3);
  assert.equal(store.receiptOf(last)?.rule?.maxretry, 3);
  const { id: again } = insert(1_052, 2_000);
  assert.equal(store.receiptOf(again)?.rule?.maxretry, 2_000);
  store.close();
});

test('a rule that an undone transaction wrote is written again with the next ban', () => {
  const store = createStore({ path: ':memory:', ...options });
  assert.throws(() =>
    store.transaction(() => {
      store.insertBan(ban(), receipt());
      throw new Error('undone');
    }),
  );
  const { id } = store.insertBan(ban(), receipt());
  assert.deepEqual(store.receiptOf(id), receipt());
  store.close();
});

test('bans from before receipts were kept have none, and get one where a person changes them', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-receipts-'));
  try {
    const path = join(directory, 'portcullis.db');
    const folder = new URL('migrations/', import.meta.url);
    const before = new DatabaseSync(path);
    for (const name of listShippedFiles(folder).filter((one) => one < '010')) {
      before.function('audit_hash', { varargs: true }, () => new Uint8Array(32));
      before.exec(readFileSync(new URL(name, folder), 'utf8'));
    }
    before.exec('PRAGMA user_version = 9');
    before.exec(`INSERT INTO bans (id, jail, address, prefix, ip, since, until, failures, times_banned, state, reason, sites, users)
      VALUES (1, 'wordpress', 3325256711, 32, '198.51.100.7', 0, NULL, 3, 1, 'active', 'x', '{}', '[]')`);
    before.exec(`INSERT INTO ban_evidence (ban_id, events, lines) VALUES (1, '{}', '["a line"]')`);
    before.close();
    const store = createStore({ path, ...options });
    const queries = createQueries(store, options.clock);
    assert.deepEqual([queries.ban(1).receipt, queries.ban(1).evidence.lines], [null, ['a line']]);
    store.saveReceipt(1, receipt({ evidence: [] }));
    assert.deepEqual(store.receiptOf(1), receipt({ evidence: [] }));
    store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the API tells a receipt in its own words', () => {
  const store = createStore({ path: ':memory:', ...options });
  const { id } = store.insertBan(ban(), receipt());
  const told = createQueries(store, options.clock).ban(id).receipt!;
  assert.partialDeepStrictEqual(told, {
    decided_at: '2026-11-21T19:00:00.000Z',
    by_hand: { by: 'admin', at: '2026-11-21T19:00:00.005Z', bantime_seconds: -1 },
    rule,
    required: 2,
    counted_as: '2001:db8::/64',
    earlier_bans: 4,
    bantime_seconds: 86_400,
    known_good: { threshold_factor: 3, because: 'approved' },
    compared: { host: 4 },
    exempted_by: '2001:db8::/32 stands in ignoreip',
    logins: [{ site: 'blog.example.com', hours: 3, known: true }],
  });
  assert.deepEqual(told.evidence[0], {
    id: 1,
    time: '2026-11-21T19:00:00.001Z',
    ip: '2001:db8::1',
    site: null,
    event: 'unknown_user',
    user: null,
    count: 1,
    weight: 1 / 3,
    doubts: ['long_name'],
    line: 'line 1 \u001b[2J',
    sender: null,
  });
  store.close();
});
