import { cast } from './cast.ts';
import type { Network } from './network.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/** Entries of a set that are shown. */
const shownEntries = 5;

/** What the kernel holds, whom it lets in, why, and how a ban is lifted. */
export async function playEnforcement(stage: Stage, screen: Screen): Promise<void> {
  const { bot, hopper, hopperUnseen, framer, framed, carol, reader } = cast;
  const { network } = stage;
  if (network !== null) {
    screen.chapter('What the kernel holds');
    await showKernel(network, screen);
    screen.chapter('Who gets in, by TCP to port 80');
    await comes(stage, screen, bot.address, false, 'the bot');
    await comes(stage, screen, hopper.address, false, 'the one with many addresses');
    await comes(stage, screen, hopperUnseen.address, false, 'its next address, never seen before');
    await comes(stage, screen, framer.address, false, 'who wanted another one banned');
    await comes(stage, screen, framed.address, true, 'the other one');
    await comes(stage, screen, carol.address, true, 'Carol');
    await comes(stage, screen, reader.address, true, 'a reader');
  }

  screen.chapter('Why an address is banned');
  const printed = await stage.portcullis('why', framer.address);
  screen.command(`portcullis why ${framer.address}`, printed);
  screen.promise(!printed.includes('\x1b'), 'the terminal escapes of the attacker are shown, not obeyed');

  screen.chapter('A ban is lifted');
  screen.command(`portcullis unban ${bot.address}`, await stage.portcullis('unban', bot.address));
  const { banned } = await stage.client.call('why', { params: { ip: bot.address } });
  screen.promise(!banned, `${bot.address} is not banned any more`);
  if (network !== null) await comes(stage, screen, bot.address, true, 'the bot, let in by the administrator');
}

async function showKernel({ server }: Network, screen: Screen): Promise<void> {
  for (const command of ['iptables -nL INPUT', 'iptables -nL portcullis-wordpress'] as const) {
    screen.command(command, await server.run(...words(command)));
  }
  for (const set of ['portcullis-wordpress', 'portcullis-wordpress-v6']) {
    const command = `ipset list ${set}`;
    screen.command(command, abridged(await server.run(...words(command))));
  }
}

const words = (command: string) => command.split(' ') as [string, ...string[]];

/** The head of a listing, and the entries that belong to the story. */
function abridged(listing: string): string {
  const lines = listing.trimEnd().split('\n');
  const members = lines.indexOf('Members:') + 1;
  const entries = lines.slice(members);
  const ours = entries.filter((entry) =>
    Object.values(cast).some(({ address }) => entry.startsWith(`${address} `)),
  );
  const shown = [...new Set([...ours, ...entries])].slice(0, shownEntries);
  const more = entries.length - shown.length;
  return [...lines.slice(0, members), ...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

async function comes(
  stage: Stage,
  screen: Screen,
  from: string,
  welcome: boolean,
  who: string,
): Promise<void> {
  const { accepted, outcome } = await stage.visit(from);
  const word = accepted ? 'accepted' : 'refused';
  screen.promise(
    accepted === welcome,
    `${from.padEnd(30)} ${(accepted === welcome ? word : welcome ? 'accepted' : 'refused').padEnd(9)} ${outcome.padEnd(16)} ${who}`,
    `${word} (${outcome})`,
  );
}
