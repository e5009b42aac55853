import type { Family } from './family.ts';

/*
 * A place is what the kernel has for the bans of a jail, and the backends know nothing else. It is called as its jail; the
 * one for the jail's gentle bans has a dot before that, which no jail's name has.
 */

/** Only chains and sets whose names begin so can be ours. */
const ours = /^portcullis[-.]/;

export const isOurName = (name: string): boolean => ours.test(name);

/** Whether a rule may name one of ours. */
export const namesOurs = (rule: string): boolean =>
  rule.includes(' portcullis-') || rule.includes(' portcullis.');

export const gentlePlace = (jail: string): string => `.${jail}`;
export const isGentlePlace = (place: string): boolean => place.startsWith('.');
/** The jail whose bans are in a place. */
export const jailOf = (place: string): string => (isGentlePlace(place) ? place.slice(1) : place);

/** The chain of a place, in iptables and in ip6tables. For each the same length, because a jail's name leaves no room. */
export const chainName = (place: string): string =>
  isGentlePlace(place) ? `portcullis${place}` : `portcullis-${place}`;

/** The ipset of a place. */
export const setName = (place: string, family: Family): string => `${chainName(place)}${family.setSuffix}`;
