import { PortcullisError } from '@portcullis/contracts';
import type { Alone, Clock, EnforcedBan, Firewall, StructureReport } from '@portcullis/core';
import { refuseUnbannable } from './bannable.ts';

/** A working model of the ipset backend, in memory: keeps the laws of the port and enforces nothing. */
export function createDryRun(clock: Clock): Firewall {
  let jails = new Map<string, Map<string, EnforcedBan>>();

  const running = (jail: string): Map<string, EnforcedBan> => {
    const bans = jails.get(jail);
    if (bans === undefined) throw notInstalled(jail);
    const now = clock.now();
    for (const [key, { until }] of bans) if (until !== null && until <= now) bans.delete(key);
    return bans;
  };

  const inspect = (alone: Alone = (read) => read()): Promise<StructureReport> =>
    alone(async () => ({
      faults: [],
      entries: new Map([...jails.keys()].map((jail) => [jail, running(jail).size])),
    }));

  return {
    backend: 'dry-run',
    sparesPorts: true,
    families: [4, 6],
    limits: [],
    async install(names) {
      jails = new Map(names.map((name) => [name, jails.get(name) ?? new Map()]));
      return inspect();
    },
    async apply(given) {
      const changes = [...given];
      changes.forEach(refuseUnbannable);
      const now = clock.now();
      for (const { action, jail, network, until, gentle = false } of changes) {
        const bans = jails.get(jail);
        if (bans === undefined) throw notInstalled(jail);
        if (action === 'remove') bans.delete(network.toString());
        else if (until === null || until > now)
          bans.set(network.toString(), { jail, network, until, gentle });
      }
    },
    inspect,
    async list() {
      return [...jails.keys()].flatMap((jail) => [...running(jail).values()]);
    },
    async uninstall() {
      jails = new Map();
    },
    close() {},
  };
}

const notInstalled = (jail: string): PortcullisError =>
  new PortcullisError('firewall_unavailable', `The firewall has no chain for jail ${jail}.`);
