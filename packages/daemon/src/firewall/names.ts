import type { Family } from './family.ts';

/** Only chains and sets whose names begin so can be ours. */
const ours = 'portcullis-';

export const isOurName = (name: string): boolean => name.startsWith(ours);

/** The chain of a jail, in iptables and in ip6tables. */
export const chainName = (jail: string): string => `${ours}${jail}`;

/** The ipset of a jail. */
export const setName = (jail: string, family: Family): string => `${ours}${jail}${family.setSuffix}`;
