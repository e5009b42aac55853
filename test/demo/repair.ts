import { cast } from './cast.ts';
import type { Network } from './network.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/** A repair must be done within this time, in milliseconds. */
const repairTimeout = 5_000;

/** Another program flushes the firewall, as a firewall script or an administrator does. */
export async function playRepair(stage: Stage & { network: Network }, screen: Screen): Promise<void> {
  const { server } = stage.network;
  const { framer } = cast;
  screen.chapter('Somebody flushes the firewall');
  const before = await server.run('iptables-save', '-t', 'filter');
  screen.command('iptables -F', await server.run('iptables', '-F'));
  const flushedAt = performance.now();
  const event = await stage.events
    .next(({ type, receivedAt }) => type === 'repair' && receivedAt > flushedAt, repairTimeout)
    .catch((error: unknown) => {
      screen.promise(false, 'the daemon repairs what another program removed', String(error));
      throw error;
    });
  for (const fault of event.data['faults'] as string[]) screen.tell(`→ found: ${fault}`);
  const same = async () => rulesOf(await server.run('iptables-save', '-t', 'filter')) === rulesOf(before);
  while (!(await same()) && performance.now() - flushedAt < repairTimeout);
  const took = performance.now() - flushedAt;
  screen.promise(
    took < repairTimeout && (await same()),
    `${(took / 1000).toFixed(1)} s later all rules are back`,
    await server.run('iptables-save', '-t', 'filter'),
  );
  const { accepted, outcome } = await stage.visit(framer.address);
  screen.promise(!accepted, `${framer.address} is refused again: ${outcome}`, outcome);
}

/** Without comments and counters. */
const rulesOf = (saved: string): string =>
  saved
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
    .join('\n');
