import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from '@portcullis/contracts';
import { parseAddress } from '@portcullis/core';
import { AdminSessions, maxSessions, sessionTime } from './admin-sessions.ts';

const address = (last: number) => parseAddress(`198.51.100.${last}`)!;
const mine = { id: 'mine', sub: null };

function sessionsOf() {
  const clock = {
    time: 1_764_000_000_000,
    now() {
      return this.time;
    },
  };
  const audit: Omit<AuditEntry, 'id'>[] = [];
  const store = { addAudit: (entry: Omit<AuditEntry, 'id'>) => void audit.push(entry) };
  const sessions = new AdminSessions({ clock, store, owns: ({ id }, name) => name === `${id}.example` });
  return { clock, audit, sessions };
}

test('a site vouches for its own lines only, and for a short time', () => {
  const { clock, sessions } = sessionsOf();
  sessions.note(mine, address(1), 'boss');
  assert.equal(sessions.isAtWork(address(1), 'mine.example'), true);
  assert.equal(sessions.isAtWork(address(1), 'theirs.example'), false);
  assert.equal(sessions.isAtWork(address(2), 'mine.example'), false);
  clock.time += sessionTime;
  assert.equal(sessions.isAtWork(address(1), 'mine.example'), false);
});

test('it shields few addresses at once, and takes no room from others', () => {
  const { sessions } = sessionsOf();
  sessions.note({ id: 'theirs', sub: null }, address(250), 'boss');
  for (let last = 0; last < 200; last++) sessions.note(mine, address(last), 'boss');
  const shielded = [...Array(200).keys()].filter((last) => sessions.isAtWork(address(last), 'mine.example'));
  assert.equal(shielded.length, maxSessions);
  assert.equal(sessions.isAtWork(address(250), 'theirs.example'), true);
});

test('each address is audited once while it lasts', () => {
  const { clock, audit, sessions } = sessionsOf();
  for (let minute = 0; minute < 60; minute += 5) {
    sessions.note(mine, address(1), 'boss');
    clock.time += 300_000;
  }
  assert.deepEqual(
    audit.map(({ actor, action, ip, detail }) => [actor, action, ip, detail]),
    [['site:mine', 'session', '198.51.100.1', 'as boss']],
  );
});
