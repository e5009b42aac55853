import type { Logins } from './logins.ts';

/** What successful logins change. Durations in milliseconds. */
export interface KnownGoodPolicy {
  readonly enabled: boolean;
  /** Different hours with a login that make a client known on a site. */
  readonly logins: number;
  /** Within which the latest of them must lie, and each after the one before it. */
  readonly within: number;
  /** So many failures on a site where the client is known count as one. */
  readonly factor: number;
  /** The longest that a first ban of a known client, or one that was held, lasts. */
  readonly bantime: number;
  /** How long a ban waits for the administrator; 0: none does. */
  readonly holdFor: number;
  /** A client that is known on so many sites by as many accounts is many people; 0: none is. */
  readonly sharedSites: number;
}

/** What speaks against a client, and for it. */
export interface Accusation {
  /** Failures that the verdict needed. */
  readonly required: number;
  readonly failures: readonly {
    readonly site: string;
    readonly count: number;
    /** What its address has on its site. */
    readonly logins: Logins | null;
    /** The site says that one of its administrators is at work from the address. */
    readonly session: boolean;
  }[];
  /** Everything that is remembered of the client. */
  readonly logins: readonly Logins[];
  /** Whether names in the log belong to one site: sub-sites share their accounts. */
  readonly sameSite: (one: string, other: string) => boolean;
  /** A ban of the client was held lately, and was made in the end. */
  readonly heldLately: boolean;
  /** Failures that were let go lately because many people stand behind the client. */
  readonly letGo: number;
  readonly bannedBefore: boolean;
}

export type Judgement =
  /** @property bantime at most so long; null: as the jail says */
  | { readonly act: 'ban'; readonly bantime: number | null; readonly because: string }
  /** More failures are needed; those that there are stay counted. */
  | { readonly act: 'wait' }
  | { readonly act: 'hold'; readonly because: string }
  | { readonly act: 'let_go'; readonly because: string };

/** Whether logins make their client known on their site. */
export const isKnown = (policy: KnownGoodPolicy, logins: Logins, now: number): boolean =>
  logins.hours >= policy.logins && logins.lastHour >= now - policy.within;

/**
 * What becomes of a verdict on a client that has logged in before. Nothing of it is immunity: the threshold is a multiple, a
 * hold ends by itself in a ban and happens once in a while only, and who shares an address is let go no more often than
 * people there log in. One account, however many names of its site an attacker calls it by, raises a threshold and
 * nothing else.
 */
export function judge(policy: KnownGoodPolicy, accusation: Accusation, now: number): Judgement {
  const plain = { act: 'ban', bantime: null, because: '' } as const;
  if (!policy.enabled) return plain;
  const { failures, required, bannedBefore } = accusation;
  const isKnownThere = failures.map(({ logins }) => logins !== null && isKnown(policy, logins, now));
  const weight = failures.reduce(
    (sum, { count }, at) => sum + count * (isKnownThere[at] ? 1 : policy.factor),
    0,
  );
  if (weight < required * policy.factor) return { act: 'wait' };
  const known = accusation.logins.filter((logins) => isKnown(policy, logins, now));
  const total = failures.reduce((sum, { count }) => sum + count, 0);
  const shared = letGo(policy, accusation, known, total);
  if (shared !== null) return { act: 'let_go', because: shared };
  const doubt = accusation.heldLately || policy.holdFor === 0 ? null : reasonToHold(accusation, known);
  if (doubt !== null) return { act: 'hold', because: doubt };
  if (!bannedBefore && isKnownThere.every(Boolean)) {
    return { act: 'ban', bantime: policy.bantime, because: 'a first ban of somebody who logs in there' };
  }
  return plain;
}

function letGo(
  { sharedSites }: KnownGoodPolicy,
  { letGo: before, sameSite }: Accusation,
  known: readonly Logins[],
  total: number,
): string | null {
  const sites = distinct(known, sameSite);
  if (sharedSites === 0 || sites < sharedSites) return null;
  // Where people log in, some mistype: as many failures as hours of logins are theirs, what is more is an attack.
  const hours = known.reduce((sum, each) => sum + each.hours, 0);
  return before + total > hours ? null : `people log in from it on ${sites} sites, so many share it`;
}

function reasonToHold({ failures, required, sameSite }: Accusation, known: readonly Logins[]): string | null {
  const sites = distinct(known, sameSite);
  if (sites >= 2) return `people log in from it on ${sites} sites, with ${sites} accounts`;
  const others = failures.reduce((sum, { count, session }) => sum + (session ? 0 : count), 0);
  if (others >= required) return null;
  const site = failures.find(({ session }) => session)!.site;
  return `an administrator of ${site === '' ? 'the site' : site} is at work from it, as the site says`;
}

/**
 * Sites with an account of their own each: who owns one account can log in by any name that the web server answers to, and
 * the sites of a network share their users.
 */
function distinct(known: readonly Logins[], sameSite: Accusation['sameSite']): number {
  const counted: Logins[] = [];
  for (const each of known) {
    const isNew = counted.every(
      ({ site, account }) => account !== each.account && !sameSite(site, each.site),
    );
    if (isNew && each.site !== '') counted.push(each);
  }
  return counted.length;
}
