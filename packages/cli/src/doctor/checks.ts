import { clockCheck } from './clock.ts';
import { checkDaemon } from './daemon.ts';
import { diskCheck } from './disk.ts';
import { fail2banCheck } from './fail2ban.ts';
import { type Finding, type Place, runnable } from './finding.ts';
import { firewallCheck } from './firewall.ts';
import { ipv6Check } from './ipv6.ts';
import { misdirectedCheck } from './misdirected.ts';
import { otherFirewallsCheck } from './other-firewalls.ts';
import { proxiesCheck } from './proxies.ts';
import { selfTestCheck } from './self-test.ts';
import { sharedUsersCheck } from './shared-users.ts';
import { sitesCheck } from './sites.ts';
import { slackCheck } from './slack.ts';
import { socketsCheck } from './sockets.ts';
import { checkSource } from './source.ts';

/** Every check, in the order in which its findings are told. */
export const createChecks = ({
  selfTest,
}: {
  readonly selfTest: boolean;
}): readonly ((place: Place) => Promise<readonly Finding[]>)[] => [
  ({ config, exec, now }) => checkSource(config.log, exec, now),
  runnable(misdirectedCheck),
  ({ client, socketPath }) => checkDaemon(client, socketPath),
  ...(selfTest ? [runnable(selfTestCheck)] : []),
  runnable(sitesCheck),
  runnable(proxiesCheck),
  runnable(socketsCheck),
  runnable(sharedUsersCheck),
  runnable(firewallCheck),
  runnable(otherFirewallsCheck),
  runnable(fail2banCheck),
  runnable(ipv6Check),
  runnable(slackCheck),
  runnable(diskCheck),
  runnable(clockCheck),
];
