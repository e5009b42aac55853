import { PortcullisError } from '@portcullis/contracts';
import { ExecError } from '../exec-error.ts';

const modules = {
  iptables: 'ip_tables iptable_filter',
  ipset: 'ip_set_hash_net xt_set',
  nftables: 'nf_tables nft_reject_inet',
} as const;

/** What to do when a program of the Debian package `name` cannot do its work: install, grant, or load. */
export function unusable(error: unknown, name: keyof typeof modules): PortcullisError {
  const said = error instanceof Error ? error.message : String(error);
  const absent = error instanceof ExecError && error.facts.errno === 'ENOENT';
  const hint =
    absent || /No such file or directory$/.test(said)
      ? `Install it: apt-get install ${name}`
      : /must be root|not permitted|permission denied/i.test(said)
        ? 'The daemon must run as root, or with CAP_NET_ADMIN and CAP_NET_RAW.'
        : `The kernel may lack it: modprobe -a ${modules[name]}`;
  return new PortcullisError('firewall_unavailable', said, { hint, cause: error });
}
