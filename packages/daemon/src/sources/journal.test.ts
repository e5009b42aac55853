import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type JournalFieldList, journalLeftOut, startJournald } from '../../../../test/support/journald.ts';
import { createLogReader, describeLogSource } from '../../../../test/support/log-source-conformance.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { createExec } from '../exec.ts';
import { createJournalSource, type JournalSourceOptions } from './journal.ts';

const exec = createExec();
const ident = 'wordpress(blog.example.com)';

const entry = (message: string | Uint8Array, facility = 4): JournalFieldList => [
  ['SYSLOG_FACILITY', String(facility)],
  ['SYSLOG_IDENTIFIER', ident],
  ['MESSAGE', message],
];

if (journalLeftOut === false) {
  describeLogSource('the journal source', async () => {
    const journald = await startJournald();
    const { directory } = journald;
    return {
      log: 'journal',
      source: () =>
        createJournalSource({ exec, clock: Date, facilities: ['auth', 'authpriv'], since: 0, directory }),
      append(text) {
        const lines = Buffer.from(text).toString('latin1').split('\n').slice(0, -1);
        journald.sendEntries(lines.map((line) => entry(Buffer.from(line, 'latin1'))));
      },
      rotations: { rotate: () => journald.rotate() },
      close: async () => journald[Symbol.asyncDispose](),
    };
  });
}

/** A source over a journal, with what it gave. */
async function follow(directory: string, options: Partial<JournalSourceOptions> = {}) {
  const reader = createLogReader();
  const entries: { line: string; length: number; cut: boolean; uid: number | undefined }[] = [];
  const source = createJournalSource({
    exec,
    clock: Date,
    facilities: ['auth'],
    since: 0,
    directory,
    retryMs: 10,
    ...options,
  });
  const start = (positions = reader.positions()) =>
    source.start(positions, {
      ...reader,
      entries(batch) {
        reader.entries(batch);
        for (const { line, cut, sender } of batch.entries) {
          const text = Buffer.from(line).toString('latin1');
          entries.push({ line: text, length: line.length, cut, uid: sender?.uid });
        }
      },
    });
  return {
    reader,
    source,
    entries,
    start,
    async [Symbol.asyncDispose]() {
      await source.stop();
    },
  };
}

const messages = (journald: { send(messages: readonly string[]): void }, ...texts: string[]) =>
  journald.send(texts.map((text) => `<37>${ident}[7]: ${text}`));

test('an entry is one line whatever it holds, with the sender that the kernel vouches for', {
  skip: journalLeftOut,
}, async () => {
  await using journald = await startJournald();
  const forged = 'Authentication failure for bob\nNov 21 10:00:00 host wordpress(x)[1]: forged';
  journald.send([`<37>${ident}[7]: ${forged} from 203.0.113.9`], { uid: 12_345 });
  journald.sendEntries(
    [
      [
        ...entry('Authentication failure for eve from 203.0.113.9'),
        ['_UID', '33'],
        ['_PID', '1'],
        ['_HOSTNAME', 'x'],
      ],
      entry(`Authentication failure for ${'A'.repeat(20_000)} from 203.0.113.9`),
    ],
    { uid: 12_346 },
  );
  await using reading = await follow(journald.directory);
  await reading.start([]);
  await reading.source.settled();
  const [first, second, third] = reading.entries;
  assert.match(
    first!.line,
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ wordpress\(blog\.example\.com\)\[7\]: Authentication failure for bob\nNov 21 .* from 203\.0\.113\.9$/,
  );
  assert.equal(first!.uid, 12_345);
  assert.doesNotMatch(second!.line, /^\S+ x /, 'the host is journald’s to name');
  assert.equal(second!.uid, 12_346, 'a field of that name which a program sends is dropped by journald');
  assert.deepEqual([third!.cut, third!.length, third!.uid], [true, 16_384, 12_346]);
  assert.equal(reading.entries.length, 3);
});

test('only the facilities that are asked for are read, from the given time on', {
  skip: journalLeftOut,
}, async () => {
  await using journald = await startJournald();
  journald.sendEntries([entry('too old')]);
  const [since] = await readTimes(journald.directory);
  journald.sendEntries([entry('auth'), entry('user', 1), entry('daemon', 3), entry('local5', 21)]);
  await using reading = await follow(journald.directory, {
    facilities: ['auth', 'local5'],
    since: since! / 1000 + 1,
  });
  await reading.start([]);
  await reading.source.settled();
  assert.deepEqual(reading.reader.lines, ['auth', 'local5']);
});

test('where the entry at which reading stopped is gone, that is told and the rest is read once', {
  skip: journalLeftOut,
}, async () => {
  await using journald = await startJournald();
  messages(journald, 'one', 'two');
  const before = await follow(journald.directory);
  await before.start([]);
  await before.source.settled();
  await before.source.stop();
  messages(journald, 'lost');
  await journald.rotate();
  messages(journald, 'three');
  await journald.vacuum();
  const lost = before.reader.positions();
  await using after = await follow(journald.directory);
  await after.start(lost);
  await after.source.settled();
  messages(journald, 'four');
  await after.source.settled();
  assert.deepEqual(after.reader.lines, ['three', 'four']);
  assert.deepEqual(
    after.reader.troubles.map(({ code }) => code),
    ['log_gap'],
  );
  assert.match(after.reader.troubles[0]!.sentence!, /no longer holds the entry of \d{4}.*SystemMaxUse/);
});

test('what was read is not read again where the entry is gone and older ones are still there', {
  skip: journalLeftOut,
}, async () => {
  await using journald = await startJournald();
  messages(journald, 'one', 'two');
  const before = await follow(journald.directory);
  await before.start([]);
  await before.source.settled();
  await before.source.stop();
  const gone = before.reader.positions().map((position) => {
    assert.ok('cursor' in position);
    return { ...position, cursor: position.cursor.replace(/;x=.*/, ';x=1') };
  });
  for (const positions of [gone, gone.map((position) => ({ ...position, cursor: 'no cursor' }))]) {
    const after = await follow(journald.directory);
    await after.start(positions);
    await waitFor('the gap is told', () => after.reader.troubles.length > 0);
    messages(journald, 'three');
    await waitFor('it goes on', () => after.reader.lines.length > 0);
    await after.source.stop();
    assert.equal(after.reader.lines.at(-1), 'three');
    assert.ok(!after.reader.lines.includes('two'));
  }
});

test('a journalctl that dies is started again, and every entry is delivered once', {
  skip: journalLeftOut,
}, async () => {
  await using journald = await startJournald();
  await using reading = await follow(journald.directory);
  await reading.start([]);
  const expected: string[] = [];
  for (let round = 0; round < 5; round++) {
    const texts = [`a${round}`, `b${round}`];
    expected.push(...texts);
    messages(journald, ...texts);
    await waitFor('the entries are read', () => reading.reader.lines.length >= expected.length);
    killJournalctl();
  }
  await waitFor('it reads again', () => reading.reader.troubles.at(-1)?.sentence === null);
  assert.deepEqual(reading.reader.lines, expected);
  assert.match(reading.reader.troubles[0]!.sentence!, /cannot be read: `journalctl .*was ended by SIGKILL/);
});

test('a journal that cannot be read is told, with what to do', { skip: journalLeftOut }, async () => {
  for (const [options, sentence] of [
    [{ exec: createExec({ path: '/nowhere' }) }, /there is no program `journalctl`.*systemd-journal/],
    [{ directory: '/nowhere' }, /failed with exit code 1: Failed to open \/nowhere.*systemd-journal/],
  ] as const) {
    await using reading = await follow('/nowhere', options);
    await reading.start([]);
    await waitFor('it is told', () => reading.reader.troubles.length > 0);
    await reading.source.settled();
    assert.match(reading.reader.troubles[0]!.sentence!, sentence);
    assert.equal(reading.source.lag()[0]!.unread, 1);
  }
});

/** When the entries were written, in microseconds. */
async function readTimes(directory: string): Promise<number[]> {
  await using reading = await follow(directory);
  await reading.start([]);
  await reading.source.settled();
  return reading.reader.positions().map((position) => ('cursor' in position ? position.realtime : 0));
}

/** Kills what this process has started of it. */
function killJournalctl(): void {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim();
  for (const pid of children.split(' ')) {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'journalctl')
      process.kill(Number(pid), 'SIGKILL');
  }
}
