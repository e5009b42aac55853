import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createExec } from '../../packages/daemon/src/exec.ts';
import { measureBurst, measureLatency, measureRestartAndMemory } from './enforcing.ts';
import { measureFail2ban } from './fail2ban.ts';
import { describeMeasurement, isKept, type Measurement } from './measurement.ts';
import { measureOrigins } from './origins.ts';
import { measurePanel } from './panel.ts';
import { measureColdRead, measureReplay } from './reading.ts';
import { measureStart } from './start.ts';

const scenarios = {
  replay: measureReplay,
  'cold-read': measureColdRead,
  latency: measureLatency,
  burst: measureBurst,
  restart: measureRestartAndMemory,
  panel: measurePanel,
  origins: measureOrigins,
  start: measureStart,
  fail2ban: measureFail2ban,
} as const;
type Scenario = keyof typeof scenarios;

const baseline = new URL('baseline.txt', import.meta.url);

/**
 * `pnpm bench [SCENARIO…] [--save]`: measures, prints each number beside what is promised and beside the baseline's,
 * and exits 1 when a promise is missed. `--save` makes the numbers the new baseline.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { save: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(
    `There is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}.`,
  );
  process.exit(2);
}
if (process.getuid?.() !== 0) {
  console.error('The bench measures real iptables and ipset in network namespaces: run it as root.');
  process.exit(2);
}

const chosen =
  positionals.length === 0 ? (Object.keys(scenarios) as Scenario[]) : (positionals as Scenario[]);
const measurements: Measurement[] = [];
for (const name of chosen) {
  for (const measurement of await scenarios[name]()) {
    measurements.push(measurement);
    console.log(describeMeasurement(measurement));
  }
}
if (values.save) {
  const { stdout } = await createExec()(['git', 'rev-parse', '--short', 'HEAD']);
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, commit ${stdout.trim()}`;
  writeFileSync(baseline, `${machine}\n${measurements.map(describeMeasurement).join('\n')}\n`);
} else {
  console.log(`\nBaseline (${baseline.pathname}):\n${readFileSync(baseline, 'utf8')}`);
}
process.exitCode = measurements.every(isKept) ? 0 : 1;
