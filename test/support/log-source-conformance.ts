import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogChunk, LogLag, LogPosition, LogSink, LogSource, LogTrouble } from '@portcullis/core';

/** One log that a test writes to, and the sources that read it. */
export interface LogBench {
  readonly log: string;
  /** A new source over the log, as after a restart. The bench does not start or stop it. */
  source(): LogSource;
  /** Whole lines, and of a file any other bytes too. They are there when it returns. */
  append(text: string | Uint8Array): void;
  /** Each way in which the log can be rotated, by name. What was written before stays readable as a rotated file. */
  readonly rotations: Readonly<Record<string, () => void | Promise<void>>>;
  close(): Promise<void>;
}

/** A sink that remembers lines and the position up to which they are complete, as the pipeline does. */
export interface LogReader extends LogSink {
  readonly lines: string[];
  readonly chunks: (Omit<LogChunk, 'bytes'> & { readonly bytes: string })[];
  readonly troubles: LogTrouble[];
  /** What the source did against the laws. */
  readonly faults: string[];
  /** The end of the last complete line, by log. */
  positions(): LogPosition[];
  /** Forgets partial lines, as a reader that is started anew from its positions. */
  restart(): void;
}

export function createLogReader(): LogReader {
  const lines: string[] = [];
  const chunks: LogReader['chunks'] = [];
  const troubles: LogTrouble[] = [];
  const faults: string[] = [];
  const positions = new Map<string, LogPosition>();
  const partial = new Map<string, { file: string; bytes: Buffer; end: number }>();
  let cursor: LogPosition | undefined;
  const fileKey = ({ device, inode }: LogChunk['file']) => `${device}:${inode}`;
  return {
    lines,
    chunks,
    troubles,
    faults,
    positions: () => [...positions.values(), ...(cursor === undefined ? [] : [cursor])],
    restart: () => partial.clear(),
    trouble: (trouble) => troubles.push(trouble),
    entries(batch) {
      assert.ok(batch.entries.length > 0, 'a batch without entries');
      // What syslog daemons put before a message is not of interest here.
      lines.push(
        ...batch.entries.map(({ line }) =>
          Buffer.from(line)
            .toString('latin1')
            .replace(/^.*?: /, ''),
        ),
      );
      cursor = batch.position;
    },
    chunk({ file, offset, bytes, last }) {
      chunks.push({ file, offset, last, bytes: Buffer.from(bytes).toString('latin1') });
      const held = partial.get(file.log);
      const goesOn = held !== undefined && held.file === fileKey(file) && held.end === offset;
      assert.ok(
        goesOn || held === undefined || held.bytes.length === 0,
        'a partial line was left without `last`',
      );
      const all = Buffer.concat([goesOn ? held.bytes : Buffer.alloc(0), bytes]);
      const end = last ? all.length : all.lastIndexOf(0x0a) + 1;
      const complete = all.toString('latin1', 0, end).split('\n');
      if (complete.at(-1) === '') complete.pop();
      lines.push(...complete);
      const rest = Buffer.from(all.subarray(end));
      partial.set(file.log, { file: fileKey(file), bytes: rest, end: offset + bytes.length });
      positions.set(file.log, { ...file, offset: offset + bytes.length - rest.length });
    },
  };
}

/** Runs a test on a bench of its own; sources that are left running are stopped. */
const within =
  (make: () => Promise<LogBench>) =>
  (work: (bench: LogBench, run: (positions?: LogPosition[]) => Promise<Run>) => Promise<void>) =>
  async () => {
    const bench = await make();
    const running: LogSource[] = [];
    try {
      await work(bench, async (positions = []) => {
        const reader = createLogReader();
        const source = bench.source();
        running.push(source);
        await source.start(positions, reader);
        return { reader, source };
      });
    } finally {
      for (const source of running) await source.stop();
      await bench.close();
    }
  };

/** The laws of `LogSource`, for any source over a log that can be appended to and rotated. */
export function describeLogSource(name: string, make: () => Promise<LogBench>): void {
  const withBench = within(make);

  describe(`${name} keeps the laws of a log source`, () => {
    it(
      'reads a log without a position from its beginning',
      withBench(async (bench, run) => {
        bench.append('one\ntwo\n');
        const { reader, source } = await run();
        await source.settled();
        assert.deepEqual(reader.lines, ['one', 'two']);
      }),
    );

    it(
      'delivers what is written while it runs, once and in order',
      withBench(async (bench, run) => {
        const { reader, source } = await run();
        for (const text of ['one\n', 'two\nthree\n', 'four\n']) {
          bench.append(text);
          await source.settled();
        }
        assert.deepEqual(reader.lines, ['one', 'two', 'three', 'four']);
      }),
    );

    it(
      'delivers bytes that are no UTF-8 unchanged',
      withBench(async (bench, run) => {
        const bytes = Buffer.from('NUL \u0000, NEL \u0085, CR \r, cut \u00ff\u00c3\n', 'latin1');
        bench.append(bytes);
        const { reader, source } = await run();
        await source.settled();
        assert.deepEqual(reader.lines, [bytes.toString('latin1', 0, bytes.length - 1)]);
      }),
    );

    it(
      'goes on behind the last line after a restart',
      withBench(async (bench, run) => {
        bench.append('one\ntwo\n');
        const first = await run();
        await first.source.settled();
        await first.source.stop();
        bench.append('three\n');
        const second = await run(first.reader.positions());
        await second.source.settled();
        assert.deepEqual([...first.reader.lines, ...second.reader.lines], ['one', 'two', 'three']);
      }),
    );

    it(
      'delivers nothing before start and nothing after stop',
      withBench(async (bench, run) => {
        const { reader, source } = await run();
        bench.append('one\n');
        await source.settled();
        await source.stop();
        bench.append('two\n');
        const later = await run(reader.positions());
        await later.source.settled();
        assert.deepEqual(reader.lines, ['one']);
        assert.deepEqual(later.reader.lines, ['two']);
      }),
    );

    it(
      'tells that nothing is unread when it has settled',
      withBench(async (bench, run) => {
        bench.append('one\ntwo\n');
        const { source } = await run();
        await source.settled();
        const [{ offset, ...lag }, ...others] = source.lag() as [LogLag, ...LogLag[]];
        assert.deepEqual([lag, others], [{ log: bench.log, unread: 0, waitingSince: null }, []]);
        assert.ok(offset > 0);
      }),
    );

    it(
      'loses and repeats nothing in any rotation, running or not',
      withBench(async (bench, run) => {
        const expected: string[] = [];
        const seen: string[] = [];
        let { reader, source } = await run();
        const write = () => {
          const line = `line ${expected.length} of the log`;
          expected.push(line);
          bench.append(`${line}\n`);
        };
        for (const rotate of Object.values(bench.rotations)) {
          write();
          await source.settled();
          write();
          await rotate();
          write();
          await source.settled();
          await source.stop();
          seen.push(...reader.lines);
          write();
          await rotate();
          write();
          await rotate();
          write();
          ({ reader, source } = await run(reader.positions()));
        }
        await source.settled();
        seen.push(...reader.lines);
        assert.deepEqual(seen, expected);
        assert.deepEqual([...reader.troubles, ...reader.faults], []);
      }),
    );
  });
}

/** The same for a log that consists of bytes: lines come in parts, and every byte has its place. */
export function describeByteSource(name: string, make: () => Promise<LogBench>): void {
  describeLogSource(name, make);
  const withBench = within(make);

  describe(`${name} keeps the laws of a source of bytes`, () => {
    it(
      'delivers what is written while it runs, once and in order, with offsets in bytes',
      withBench(async (bench, run) => {
        const { reader, source } = await run();
        for (const text of ['äne\n', 'tw', 'o\nthr', 'ee\n']) {
          bench.append(text);
          await source.settled();
        }
        assert.deepEqual(reader.lines, [Buffer.from('äne').toString('latin1'), 'two', 'three']);
        let end = 0;
        for (const chunk of reader.chunks) {
          assert.equal(chunk.offset, end);
          end += chunk.bytes.length;
        }
        assert.equal(end, 15);
      }),
    );

    it(
      'goes on at the exact byte after a restart',
      withBench(async (bench, run) => {
        bench.append('one\ntwo\npart');
        const first = await run();
        await first.source.settled();
        await first.source.stop();
        bench.append('ial\nthree\n');
        const second = await run(first.reader.positions());
        await second.source.settled();
        assert.deepEqual([...first.reader.lines, ...second.reader.lines], ['one', 'two', 'partial', 'three']);
      }),
    );

    it(
      'tells how far it is, and that nothing is unread when it has settled',
      withBench(async (bench, run) => {
        bench.append('one\ntwo\n');
        const { source } = await run();
        await source.settled();
        assert.deepEqual(source.lag(), [{ log: bench.log, offset: 8, unread: 0, waitingSince: null }]);
      }),
    );

    it(
      'says that a rotated file ends, so that its last line needs no newline',
      withBench(async (bench, run) => {
        const { reader, source } = await run();
        for (const rotate of Object.values(bench.rotations)) {
          const at = reader.lines.length;
          bench.append('without newline');
          await source.settled();
          assert.equal(reader.lines.length, at);
          await rotate();
          bench.append('next\n');
          await source.settled();
          assert.deepEqual(reader.lines.slice(at), ['without newline', 'next']);
        }
      }),
    );
  });
}

interface Run {
  readonly reader: LogReader;
  readonly source: LogSource;
}
