import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress, parseNetwork } from './address.ts';
import { LoginBook, maxLogins, maxSitesOfClient } from './logins.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const hour = 3_600_000;
const month = 30 * 24 * hour;
const address = (text: string) => parseAddress(text)!;
const ann = address('198.51.100.7');

test('logins within one hour are one, and only news is to be stored', () => {
  const book = new LoginBook();
  assert.equal(book.note(ann, 'a.example', 'Ann', start, month)?.hours, 1);
  assert.equal(book.note(ann, 'a.example', 'ann', start + hour - 1, month), null);
  assert.deepEqual(book.note(ann, 'a.example', 'ANN', start + hour, month), {
    client: ann,
    site: 'a.example',
    account: 'ann',
    hours: 2,
    lastHour: start + hour,
  });
});

test('a line that comes late changes nothing', () => {
  const book = new LoginBook();
  book.note(ann, 'a.example', 'ann', start, month);
  assert.equal(book.note(ann, 'a.example', 'ann', start - 5 * hour, month), null);
});

test('who stays away too long begins anew', () => {
  const book = new LoginBook();
  for (let at = 0; at < 5; at++) book.note(ann, 'a.example', 'ann', start + at * hour, month);
  assert.equal(book.note(ann, 'a.example', 'ann', start + 2 * month, month)?.hours, 1);
});

test('one customer’s IPv6 network is one client', () => {
  const book = new LoginBook();
  book.note(address('2001:db8::1'), 'a.example', 'ann', start, month);
  assert.equal(book.note(address('2001:db8::2'), 'a.example', 'ann', start + hour, month)?.hours, 2);
  assert.equal(book.of(address('2001:db8::3')).size, 1);
});

test('it is bounded, for one client and for all; who logged in longest ago goes first', () => {
  const book = new LoginBook();
  for (let at = 0; at < 100; at++) book.note(ann, `${at}.example`, 'ann', start, month);
  assert.equal(book.of(ann).size, maxSitesOfClient);
  assert.ok(book.of(ann).has('99.example'));
  for (let at = 0; at < maxLogins; at++)
    book.note(address(`10.${at >>> 16}.${(at >>> 8) & 255}.${at & 255}`), 'a.example', 'bob', start, month);
  assert.equal(book.size, maxLogins);
  assert.equal(book.of(ann).size, 0);
  assert.equal(book.of(address('10.0.0.0')).size, 1);
});

test('it finds who logged in from a network, as long as that is remembered', () => {
  const book = new LoginBook();
  const within = (text: string) =>
    [...book.within(parseNetwork(text)!)].map(({ client, site }) => `${client} ${site}`);
  for (const ip of ['198.51.100.7', '198.51.101.7', '2001:db8::1'])
    book.note(address(ip), 'a.example', 'ann', start, month);
  book.note(ann, 'b.example', 'ann', start, month);
  assert.deepEqual(within('198.51.100.0/24'), ['198.51.100.7 a.example', '198.51.100.7 b.example']);
  assert.equal(within('198.51.0.0/16').length, 3);
  assert.deepEqual(within('198.51.102.0/24'), []);
  assert.deepEqual(within('2001:db8::/32'), ['2001:db8::/64 a.example']);
  assert.deepEqual(within('2001:db8:1::/48'), []);
  for (let at = 0; at < maxLogins; at++)
    book.note(address(`10.${at >>> 16}.${(at >>> 8) & 255}.${at & 255}`), 'a.example', 'bob', start, month);
  assert.deepEqual(within('198.51.0.0/16'), []);
  assert.equal(within('10.0.0.0/16').length, maxLogins);
});
