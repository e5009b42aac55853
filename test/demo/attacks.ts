import { setTimeout as wait } from 'node:timers/promises';
import type { Ban } from '@portcullis/contracts';
import { cast } from './cast.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';

/** How long a ban may take before the demo says that there is none, in milliseconds. */
const banTimeout = 5_000;
/** Between two lines, in milliseconds: a reader shall see them come. */
const pace = 150;

/** Attackers and an innocent come; WP fail2ban writes about them. */
export async function playAttacks(stage: Stage, screen: Screen): Promise<void> {
  const { bot, hopper, hopperAgain, hopperOnceMore, framer, framed, carol } = cast;

  screen.chapter('A bot guesses passwords');
  await attack(stage, screen, bot.address, [
    ['Authentication failure for admin', bot.address],
    ['XML-RPC authentication failure for admin', bot.address],
    ['Authentication attempt for unknown user test', bot.address],
  ]);

  screen.chapter('Another one changes its IPv6 address each time: one client is its /64');
  await attack(stage, screen, '2001:db8:bad:1::/64', [
    ['Authentication failure for admin', hopper.address],
    ['Authentication failure for editor', hopperAgain.address],
    ['Authentication failure for root', hopperOnceMore.address],
  ]);

  screen.chapter(`A third wants ${framed.address} banned, and hides behind terminal escapes`);
  const name = `boss from ${framed.address}`;
  await attack(stage, screen, framer.address, [
    [`Authentication failure for ${name}`, framer.address],
    [`Authentication attempt for unknown user \x1b[2J\x1b[8m${name}`, framer.address],
    [`REST authentication failure for x]: Accepted password for ${name}`, framer.address],
  ]);
  await notBanned(stage, screen, framed.address, 'it stood in user names only');

  screen.chapter('Carol mistypes her password once, then logs in');
  for (const message of ['Authentication failure for carol', 'Accepted password for carol']) {
    await write(stage, screen, message, carol.address);
  }
  await notBanned(stage, screen, carol.address, 'one failure is not three');
}

/** Writes lines; the last one must lead to a ban of `address`. */
async function attack(
  stage: Stage,
  screen: Screen,
  address: string,
  messages: readonly (readonly [message: string, address: string])[],
): Promise<void> {
  let writtenAt = 0;
  for (const [message, from] of messages) writtenAt = await write(stage, screen, message, from);
  const { ban, receivedAt } = await banned(stage, screen, address);
  screen.tell(`→ ban of ${ban.ip} until ${ban.until}: ${ban.reason}`);
  const where = stage.network === null ? 'enforced (dry-run)' : 'in the kernel';
  screen.promise(
    ban.state === 'active' && (await isInKernel(stage, address)),
    `${where} ${(receivedAt - writtenAt).toFixed(1)} ms after the last line was written`,
    `the ban is ${ban.state}`,
  );
}

/** The ban of an address, and when the daemon told of it; that there is one is a promise. */
export async function banned(
  stage: Stage,
  screen: Screen,
  address: string,
): Promise<{ ban: Ban; receivedAt: number }> {
  const isIt = ({ type, data }: { type: string; data: Readonly<Record<string, unknown>> }) =>
    type === 'ban' && data['ip'] === address;
  const event = await stage.events.next(isIt, banTimeout).catch((error: unknown) => {
    screen.promise(false, `${address} is banned`, String(error));
    throw error;
  });
  return { ban: event.data as unknown as Ban, receivedAt: event.receivedAt };
}

/** @returns when it was written */
async function write(stage: Stage, screen: Screen, message: string, address: string): Promise<number> {
  await wait(pace);
  const { text, writtenAt } = stage.log.write(message, address);
  screen.show(
    `${text.slice('2026-11-21T'.length, '2026-11-21T19:00:51.287'.length)}  ${text.replace(/^.*?\]: /, '')}`,
  );
  return writtenAt;
}

/** Asks when the daemon has read everything that is written. */
async function notBanned(stage: Stage, screen: Screen, address: string, because: string): Promise<void> {
  await stage.settled();
  const { banned } = await stage.client.call('why', { params: { ip: address } });
  screen.promise(!banned && !(await isInKernel(stage, address)), `${address} is not banned: ${because}`);
}

/** What the kernel itself says; without it, what the daemon enforces. */
export async function isInKernel({ network, client }: Stage, address: string): Promise<boolean> {
  if (network === null) return (await client.call('why', { params: { ip: address } })).banned;
  const set = address.includes(':') ? 'portcullis-wordpress-v6' : 'portcullis-wordpress';
  return network.server.run('ipset', 'test', set, address).then(
    () => true,
    () => false,
  );
}
