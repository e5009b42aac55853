import { Network } from '@portcullis/core';
import { Origins } from '../../packages/daemon/src/origins/origins.ts';
import { ReverseNames } from '../../packages/daemon/src/origins/reverse-names.ts';
import { type Measurement, median } from './measurement.ts';

const lookups = 100_000;
const runs = 5;

/** Look-ups of IPv4 addresses in no order, so that hardly two in a row are neighbours: processor time of one. */
export function measureOrigins(): Measurement[] {
  const origins = new Origins({
    settings: () => ({ countryFile: '', asnFile: '', reverseDns: false }),
    reverseNames: new ReverseNames({ clock: { now: () => 0 } }),
    onTrouble: (_, sentence) => {
      throw new Error(String(sentence));
    },
  });
  const before = process.memoryUsage.rss();
  origins.of(new Network(4, 0, 0, 0, 0x08080808));
  const opened = process.memoryUsage.rss() - before;
  let word = 0;
  const measure = (name: string, look: (network: Network) => unknown, atMost: number): Measurement => {
    const times = Array.from({ length: runs }, () => {
      const begun = process.cpuUsage();
      for (let at = 0; at < lookups; at++) {
        word = (word + 0x9e3779b1) >>> 0;
        look(new Network(4, 0, 0, 0, word));
      }
      const { user, system } = process.cpuUsage(begun);
      return (user + system) / lookups;
    });
    return { name, value: median(times), unit: 'µs', limit: { atMost } };
  };
  const measurements = [
    measure('look-up of a network’s number', (network) => origins.systemOf(network), 2),
    measure('look-up of country, number and name', (network) => origins.of(network), 10),
    {
      name: 'memory of the tables once they are open',
      value: opened / 1e6,
      unit: 'MB',
      limit: { atMost: 1 },
    },
  ];
  origins.close();
  return measurements;
}
