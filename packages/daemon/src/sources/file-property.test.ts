import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { createLogReader } from '../../../../test/support/log-source-conformance.ts';
import { logrotate } from '../../../../test/support/logrotate.ts';
import { createFileSource } from './file.ts';

type Step =
  | { does: 'append'; lines: number }
  | { does: 'rotate'; how: string }
  | { does: 'part' | 'recreate' | 'settle' | 'yield' | 'stop' | 'start' };

const does = <D extends Step['does']>(name: D) => fc.constant({ does: name });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant('append' as const), lines: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 3, arbitrary: does('part') },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('rotate' as const),
      how: fc.constantFrom(...Object.keys(logrotate)),
    }),
  },
  { weight: 2, arbitrary: does('settle') },
  { weight: 3, arbitrary: does('yield') },
  { weight: 1, arbitrary: does('stop') },
  { weight: 3, arbitrary: does('start') },
  { weight: 1, arbitrary: does('recreate') },
);

it('delivers each line once and in order, whatever happens to the log and to the daemon', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const { seen, written } = await play(steps);
      assert.deepEqual(seen, written);
    }),
    { numRuns: Number(process.env['PORTCULLIS_RUNS'] ?? 60) },
  );
});

/** Plays the steps on a real file. A stopped source goes on from what its reader had when it was stopped. */
async function play(steps: readonly Step[]): Promise<{ seen: string[]; written: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-log-'));
  const log = join(directory, 'auth.log');
  writeFileSync(log, '');
  const reader = createLogReader();
  const written: string[] = [];
  let part = '';
  let number = 0;
  const open = () => createFileSource({ globs: [log], clock: Date, drainMs: 3, chunkBytes: 4096 });
  let source: ReturnType<typeof open> | undefined;
  const start = async () => {
    if (source !== undefined) return;
    source = open();
    reader.restart();
    await source.start(reader.positions(), reader);
  };
  const stop = async () => {
    await source?.stop();
    source = undefined;
  };
  const write = (ending: string) => {
    const text = `${++number} ${'x'.repeat((number * 37) % 300)}`;
    appendFileSync(log, text + ending);
    part += text;
    if (ending !== '') endLine();
  };
  const endLine = () => {
    if (part !== '') written.push(part);
    part = '';
  };
  try {
    await start();
    for (const step of steps) {
      if (step.does === 'append') for (let line = 0; line < step.lines; line++) write('\n');
      if (step.does === 'part') write('');
      if (step.does === 'rotate') {
        logrotate[step.how]!(log);
        endLine();
      }
      if (step.does === 'recreate' && source !== undefined) {
        // What nobody reads before it is deleted is gone: only a running source can have it.
        await source.settled();
        rmSync(log);
        writeFileSync(log, '');
        endLine();
        // Of a deleted file nothing is left to know it by: a position in it would be a gap.
        write('\n');
        await source.settled();
      }
      if (step.does === 'settle') await source?.settled();
      if (step.does === 'yield') await setImmediate();
      if (step.does === 'stop') await stop();
      if (step.does === 'start') await start();
    }
    await start();
    logrotate['rename and create']!(log);
    endLine();
    write('\n');
    await source!.settled();
    assert.deepEqual([...reader.troubles, ...reader.faults], []);
    return { seen: reader.lines, written };
  } finally {
    await stop();
    rmSync(directory, { recursive: true });
  }
}
