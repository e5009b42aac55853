import { textOf } from './files.ts';
import { type Check, ok } from './finding.ts';

/** Whether there is a second family to enforce. */
export const ipv6Check: Check<{ readonly present: boolean }> = {
  name: 'ipv6',
  gather: ({ root }) => ({
    present:
      textOf(`${root}/proc/sys/net/ipv6/conf/all/disable_ipv6`).trim() !== '1' &&
      textOf(`${root}/proc/net/if_inet6`).trim() !== '',
  }),
  judge: ({ present }) => [
    ok('ipv6', present ? 'This host has IPv6; it is enforced as IPv4 is.' : 'This host has no IPv6.'),
  ],
};
