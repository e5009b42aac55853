import { playAttacks } from './attacks.ts';
import { playEnforcement } from './enforcement.ts';
import { type PanelAddress, playPanel } from './panel.ts';
import { playReading } from './reading.ts';
import { playRepair } from './repair.ts';
import { playReports } from './reports.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/**
 * Plays the whole story.
 *
 * @returns the panels that can be visited while the stage stands
 * @throws BrokenPromise at the first promise that does not hold
 */
export async function playStory(stage: Stage, screen: Screen): Promise<readonly PanelAddress[]> {
  const begun = performance.now();
  const { network, leftOut } = stage;
  screen.title(
    'Portcullis: from a line in auth.log to a ban in the kernel',
    network === null
      ? [
          `${leftOut}`,
          'So the daemon runs with the dry-run firewall; what the kernel would show is left out.',
        ]
      : [
          `A web server and its visitors, each in a network namespace: ${network.server.name} and ${network.visitors.name}.`,
          "This machine's own network and firewall are not touched.",
        ],
  );
  await playReading(stage, screen);
  await playAttacks(stage, screen);
  await playEnforcement(stage, screen);
  if (network !== null) await playRepair({ ...stage, network }, screen);
  const panels = await playPanel(stage, screen);
  await playReports(stage, screen);
  screen.chapter('How the daemon is');
  const status = await stage.client.call('status');
  screen.command('portcullis status', await stage.portcullis('status'));
  screen.promise(
    status.healthy && status.bans.enforced === status.bans.wanted,
    'healthy, and every ban is enforced',
    JSON.stringify(status),
  );
  screen.end((performance.now() - begun) / 1000);
  return panels;
}
