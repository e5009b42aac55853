import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ago, ahead, bytes, span } from './phrases.ts';
import { renderTable } from './table.ts';
import { type Terminal, visible, visibleJson } from './terminal.ts';

test('letters of all scripts, punctuation and emoji stay as they are', () => {
  for (const text of ['alice', 'Zoë', 'имя', '名前', '“quoted” — dash', '😀'])
    assert.equal(visible(text), text);
});

test('whatever text there is, nothing unseen is left of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(visible(text), /[\p{C}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/u);
      assert.doesNotMatch(visibleJson(text), /[\p{C}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/u);
    }),
  );
});

test('visible JSON reads back to the same value, indented or not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.string({ unit: 'binary' }) }, { noNullPrototype: true })),
      (value) => {
        assert.deepEqual(JSON.parse(visibleJson(value)), value);
        assert.deepEqual(JSON.parse(visibleJson(value, 2)), value);
      },
    ),
  );
});

const terminal = (columns: number | null): Terminal => ({
  columns,
  styled: (_, text) => text,
  line: () => {},
});

test('columns align under wide characters', () => {
  const lines = renderTable(
    terminal(null),
    [{ title: 'A' }, { title: 'B', align: 'right' }],
    [
      ['名', '1'],
      ['abc', '1,000'],
    ],
  );
  assert.deepEqual(lines, ['A        B', '名       1', 'abc  1,000']);
});

test('on a terminal elastic columns give way, and no line is longer than it', () => {
  const columns = [{ title: 'IP' }, { title: 'USERS', elastic: true as const }];
  const rows = [['198.51.100.7', 'a'.repeat(50)]];
  assert.deepEqual(renderTable(terminal(24), columns, rows), [
    'IP            USERS',
    '198.51.100.7  aaaaaaaaa…',
  ]);
  assert.deepEqual(renderTable(terminal(16), columns, rows), ['IP            U…', '198.51.100.7  a…']);
});

test('a span is told in the largest unit of which there is one and a half', () => {
  const told = [2_000, 89_000, 90_000, 3_600_000, 23.9 * 3_600_000, 7 * 86_400_000].map(span);
  assert.deepEqual(told, ['2 s', '89 s', '2 min', '60 min', '24 h', '7 d']);
});

test('instants are told from now', () => {
  const now = Date.parse('2026-11-21T12:00:00.000Z');
  assert.equal(ago('2026-11-21T11:59:58.000Z', now), '2 s ago');
  assert.equal(ago('2026-11-21T12:00:00.000Z', now), 'now');
  assert.equal(ahead('2026-11-22T12:00:00.000Z', now), 'in 24 h');
  assert.equal(ahead(null, now), 'never');
});

test('sizes are told in decimal units', () => {
  assert.deepEqual([0, 999, 1000, 1_234_567].map(bytes), ['0 B', '999 B', '1.0 kB', '1.2 MB']);
});
