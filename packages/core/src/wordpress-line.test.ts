import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readLogLines } from '../../../test/support/fixtures.ts';
import { countedFilters, messages } from './filters/wordpress.ts';
import { maxLineLength } from './lines.ts';
import { createZoneClock, StampReader } from './stamp.ts';
import { maxTrustedLength, WordPressLine } from './wordpress-line.ts';

const createLine = () =>
  new WordPressLine(new StampReader(createZoneClock('UTC'), Date.parse('2026-11-21T20:00:00Z')));
const header = '2026-11-21T19:00:51Z web01 wordpress(blog.example.com)[4711]: ';
const address = '198.51.100.7';

test('whatever a client puts into names and hosts, no address but the one at the end ever counts', () => {
  const bait = fc.constantFrom(
    ' from 203.0.113.9',
    ' from 203.0.113.9]',
    ')[1]: Authentication failure for bob from 203.0.113.9',
    'message repeated 9 times: [ Spam comment 1 from 203.0.113.9]',
    '; Bogus Pingback from 203.0.113.9',
    'Accepted password for boss',
    '): ',
    '\u2028',
    '\r',
    '\0',
  );
  const text = fc
    .array(fc.oneof(bait, fc.string({ maxLength: 8 })), { maxLength: 5 })
    .map((parts) => parts.join(''));
  const opening = fc.constantFrom(
    'Authentication failure for ',
    'XML-RPC authentication attempt for unknown user ',
    'message repeated 2 times: [ ',
    'Comment ',
    '',
  );
  const line = createLine();
  fc.assert(
    fc.property(text, opening, text, (host, words, name) => {
      const spelled = `2026-11-21T19:00:51Z web01 wordpress(${host})[4711]: ${words}${name} from ${address}`;
      const bytes = Buffer.from(spelled.replaceAll('\n', ' '));
      if (!line.read(bytes, 0, bytes.length)) return;
      if (line.reason === null) assert.equal(String(line.address()), address);
    }),
    { numRuns: 2000 },
  );
});

test('a name comes out as it was written, whatever it holds', () => {
  const line = createLine();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      const written = name.replaceAll('\n', '');
      const bytes = Buffer.from(`${header}Authentication failure for ${written} from ${address}`);
      assert.ok(line.read(bytes, 0, bytes.length));
      // The first of several messages that the line can be read as is taken.
      assert.equal(line.user(), new TextDecoder().decode(Buffer.from(written)));
      assert.equal(line.reason, null);
    }),
  );
});

test('a line comes to the same wherever it stands in the bytes', () => {
  const line = createLine();
  const summary = () => [
    line.time,
    line.site,
    line.message,
    line.count,
    line.reason,
    line.user(),
    String(line.address()),
  ];
  for (const bytes of readLogLines('hostile.log').filter(({ length }) => length <= maxLineLength)) {
    const known = line.read(bytes, 0, bytes.length);
    const alone = known ? summary() : null;
    for (const neighbour of [']', ')', ' from 203.0.113.9]', '[1]: x', '7', ':', '"', '\\', '\n']) {
      const among = Buffer.concat([Buffer.from(neighbour), bytes, Buffer.from(neighbour)]);
      const start = Buffer.byteLength(neighbour);
      assert.equal(line.read(among, start, start + bytes.length), known, `${bytes} before ${neighbour}`);
      if (known) assert.deepEqual(summary(), alone, `${bytes} before ${neighbour}`);
    }
  }
});

test('no bytes at all make the reader throw or read outside', () => {
  const line = createLine();
  const piece = fc.constantFrom(
    '<37>',
    '1 ',
    header,
    'Nov 21 19:00:51 ',
    'web01 ',
    'wordpress',
    'wp',
    '(',
    ')',
    '[1]',
    ': ',
    '[',
    ']',
    '"',
    '\\',
    ' from ',
    address,
    '\0',
    ' ',
    'message repeated 3 times: [ ',
    'Comment ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14, size: 'max' }), (parts) => {
      const bytes = Buffer.from(parts.join(''));
      if (!line.read(bytes, 0, bytes.length)) return;
      assert.ok(line.count >= 1);
      assert.ok(line.reason !== null || (line.family !== 0 && !Number.isNaN(line.time)));
      line.user();
    }),
    { numRuns: 3000 },
  );
});

test('a line beyond the trusted length names no address, nor does one that was cut', () => {
  const line = createLine();
  const padding = 'a'.repeat(
    maxTrustedLength - header.length - `Authentication failure for  from ${address}`.length,
  );
  for (const [more, cut, reason] of [
    ['', false, null],
    ['a', false, 'overlong'],
    ['', true, 'overlong'],
  ] as const) {
    const bytes = Buffer.from(`${header}Authentication failure for ${padding}${more} from ${address}`);
    line.read(bytes, 0, bytes.length, cut);
    assert.equal(line.reason, reason);
    assert.equal(line.address() === null, reason !== null);
  }
});

test('of an overlong line only the first reading is told', () => {
  const line = createLine();
  const bytes = Buffer.from(
    `${header}nothing known)[1]: Authentication failure for ${'a'.repeat(3000)} from ${address}`,
  );
  line.read(bytes, 0, bytes.length);
  assert.deepEqual([line.reason, line.message, line.site], ['overlong', null, 'blog.example.com']);
});

describe('a hostile line of 16 KiB takes no longer than an honest reader can bear', () => {
  const fill = (start: string, unit: string, end = '') =>
    start +
    unit
      .repeat(Math.ceil((maxLineLength - start.length - end.length) / unit.length))
      .slice(0, maxLineLength - start.length - end.length) +
    end;
  const open = '2026-11-21T19:00:51Z web01 wordpress(';
  const structured = '<37>1 2026-11-21T19:00:51Z web01 wordpress(x) 1 - ';
  const lines: Record<string, string> = {
    'closing parentheses': fill(open, ')'),
    'ends of idents': fill(open, '): '),
    'ends of idents with process ids': fill(open, ')[1]: '),
    'ends of idents with long process ids': fill(open, `)[${'1'.repeat(100)}`),
    'messages that count after each end': fill(open, '): Comment 1 from 1.2.3.4 '),
    'messages that nearly count': fill(open, '): Authentication failure for'),
    'repeated messages': fill(header, 'message repeated 9 times: [ ', ']'),
    numbers: fill(`${header}Comment `, '1'),
    froms: fill(`${header}Authentication failure for x`, ' from '),
    'no space': fill(header, 'x'),
    spaces: fill(header, ' '),
    'slashes in the host': fill(`${open}x`, '/', `)[1]: Authentication failure for a from ${address}`),
    'colons in the host': fill(`${open}x`, ':1', `)[1]: Authentication failure for a from ${address}`),
    'structured data': fill(structured, '[a="\\"]'),
    'a priority': fill('<', '1'),
  };
  for (const [name, text] of Object.entries(lines)) {
    test(name, () => {
      const line = createLine();
      const bytes = Buffer.from(text);
      assert.equal(bytes.length, maxLineLength);
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 40; round++) {
        const startedAt = performance.now();
        line.read(bytes, 0, bytes.length);
        best = Math.min(best, performance.now() - startedAt);
      }
      // About 0.02 ms where this was written; quadratic time would be 10 ms and more.
      assert.ok(best < 1, `${best} ms`);
    });
  }
  // The same within the trusted length, where every place is tried.
  test('ends of idents within the trusted length', () => {
    const line = createLine();
    const bytes = Buffer.from(`${open}${'): '.repeat(640)}`);
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 40; round++) {
      const startedAt = performance.now();
      line.read(bytes, 0, bytes.length);
      best = Math.min(best, performance.now() - startedAt);
    }
    assert.ok(best < 0.5, `${best} ms`);
  });
});

test('messages of one event and channel that count are counted by the same filters, so that an event names them', () => {
  for (const { event, channel, filters } of messages) {
    if (filters !== 0) assert.equal(countedFilters(event, channel), filters, `${event} ${channel}`);
  }
});
