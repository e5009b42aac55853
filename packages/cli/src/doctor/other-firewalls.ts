import { textOf } from './files.ts';
import { type Check, type Finding, ok, warning } from './finding.ts';
import { ask, outputOf } from './programs.ts';

export interface OtherFirewalls {
  /** Whether Docker's chain is there. */
  readonly docker: boolean;
  readonly ufw: boolean;
  readonly firewalld: boolean;
  /** The nftables service loads a file that may begin with `flush ruleset`. */
  readonly nftablesFlushes: boolean;
}

/** Who else rules this host's firewall. */
export const otherFirewallsCheck: Check<OtherFirewalls> = {
  name: 'other firewalls',
  async gather({ exec, root }) {
    const [docker, firewalld, nftables] = await Promise.all([
      ask(exec, ['iptables', '-w', '5', '-n', '-L', 'DOCKER-USER']),
      ask(exec, ['systemctl', 'is-active', 'firewalld']),
      ask(exec, ['systemctl', 'is-active', 'nftables']),
    ]);
    return {
      docker: 'output' in docker,
      ufw: /^ENABLED=yes/m.test(textOf(`${root}/etc/ufw/ufw.conf`)),
      firewalld: outputOf(firewalld).trim() === 'active',
      nftablesFlushes:
        outputOf(nftables).trim() === 'active' &&
        /^\s*flush\s+ruleset/m.test(textOf(`${root}/etc/nftables.conf`)),
    };
  },
  judge({ docker, ufw, firewalld, nftablesFlushes }) {
    const name = 'other firewalls';
    const found: Finding[] = [];
    if (docker) {
      found.push(ok('docker', 'Docker is here; bans also stand in DOCKER-USER, before its published ports.'));
    }
    if (ufw) {
      found.push(
        ok('ufw', 'ufw is on. A reload of it takes our rules away for at most 5 s; they are put back first.'),
      );
    }
    if (firewalld) {
      found.push(
        ok(
          'firewalld',
          'firewalld is on. A reload of it takes our rules away for at most 5 s; then they are put back.',
        ),
      );
    }
    if (nftablesFlushes) {
      found.push(
        warning(
          'nftables',
          '/etc/nftables.conf begins with `flush ruleset`: each reload of nftables takes all bans away for up to 5 s.',
          'Name the tables there that are its own, as `flush table inet filter`.',
        ),
      );
    }
    return found.length > 0 ? found : [ok(name, 'No other program is known to rule the firewall.')];
  },
};
