import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createExec } from '../../packages/daemon/src/exec.ts';
import { releaseOfSources } from '../support/debian-package.ts';
import { type Measurement, median } from './measurement.ts';

const checkout = fileURLToPath(new URL('../../node_modules/.bin/portcullis', import.meta.url));
const runs = 7;

/** Processor time of the shortest command: of a checkout, and of the executable that is shipped. */
export async function measureStart(): Promise<Measurement[]> {
  const executable = path.join(await releaseOfSources(), 'portcullis');
  return [
    { name: 'start of a command, in a checkout', value: await start(checkout), unit: 'ms' },
    {
      name: 'start of a command, by the executable',
      value: await start(executable),
      unit: 'ms',
      limit: { atMost: 150 },
    },
  ];
}

async function start(program: string): Promise<number> {
  const exec = createExec();
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    const timed = 'TIMEFORMAT="%U %S"; time "$0" --version >/dev/null';
    const { stderr } = await exec(['bash', '-c', timed, program]);
    samples.push(stderr.split(' ').reduce((sum, part) => sum + Number(part), 0) * 1_000);
  }
  return median(samples);
}
