import type { Ban } from '@portcullis/contracts';
import {
  type BanEvidence,
  type BanRecord,
  type FailureRecord,
  maxEvidenceLines,
  maxEvidenceUsers,
  type SiteEvidence,
} from '@portcullis/core';

const decoder = new TextDecoder();

/** Sites that one ban tells apart: the Host header is a client's to choose. */
const maxSites = 100;
const otherSites = '(other)';

export const noEvidence: BanEvidence = {
  sites: {},
  ofSites: {},
  events: {},
  users: [],
  lines: [],
  lineSites: [],
  lineSenders: [],
  firstFailureAt: null,
  lastFailureAt: null,
};

/**
 * What the failures tell, added to what is known already; the latest lines and names are kept.
 *
 * Sites and users are text that clients choose. They are counted in maps, because a name such as __proto__ must stay a name.
 */
export function addEvidence(known: BanEvidence, failures: readonly FailureRecord[]): BanEvidence {
  const sites = new Map(Object.entries(known.sites));
  const ofSites = new Map(Object.entries(known.ofSites));
  const lines = [...known.lines];
  const lineSites = [...known.lineSites];
  const lineSenders = known.lines.map((_, at) => known.lineSenders[at] ?? null);
  const bySite = new Map<string, FailureRecord[]>();
  for (const failure of failures) {
    const site = sites.has(failure.site) || sites.size < maxSites ? failure.site : otherSites;
    sites.set(site, (sites.get(site) ?? 0) + failure.count);
    lines.push(decoder.decode(failure.line));
    lineSites.push(site);
    lineSenders.push(failure.sender);
    bySite.getOrInsertComputed(site, () => []).push(failure);
  }
  for (const [site, own] of bySite) ofSites.set(site, ofOneSite(ofSites.get(site), own));
  return {
    sites: Object.fromEntries(sites),
    ofSites: Object.fromEntries(ofSites),
    events: countEvents(known.events, failures),
    users: latestUsers(known.users, failures),
    lines: lines.slice(-maxEvidenceLines),
    lineSites: lineSites.slice(-maxEvidenceLines),
    lineSenders: lineSenders.slice(-maxEvidenceLines),
    ...times(known, failures),
  };
}

/**
 * Failures that count, but whose lines were not looked at. They may be any site's: whoever may decide only on evidence
 * of their own may not decide on these.
 */
export function addUnseen(known: BanEvidence, failures: number): BanEvidence {
  if (failures === 0) return known;
  const sites = new Map(Object.entries(known.sites));
  sites.set(otherSites, (sites.get(otherSites) ?? 0) + failures);
  return { ...known, sites: Object.fromEntries(sites) };
}

const ofOneSite = (known: SiteEvidence = noEvidence, failures: readonly FailureRecord[]): SiteEvidence => ({
  events: countEvents(known.events, failures),
  users: latestUsers(known.users, failures),
  ...times(known, failures),
});

function countEvents(known: Readonly<Record<string, number>>, failures: readonly FailureRecord[]) {
  const events = new Map(Object.entries(known));
  for (const { event, count } of failures) events.set(event, (events.get(event) ?? 0) + count);
  return Object.fromEntries(events);
}

/** Names, the latest first. */
function latestUsers(known: readonly string[], failures: readonly FailureRecord[]): string[] {
  const users = new Set(known.toReversed());
  for (const { user } of failures) {
    if (user === null) continue;
    users.delete(user);
    users.add(user);
  }
  return [...users].toReversed().slice(0, maxEvidenceUsers);
}

function times(
  { firstFailureAt, lastFailureAt }: Pick<BanEvidence, 'firstFailureAt' | 'lastFailureAt'>,
  failures: readonly FailureRecord[],
) {
  let first = firstFailureAt;
  let last = lastFailureAt;
  for (const { time } of failures) {
    first = first === null ? time : Math.min(first, time);
    last = last === null ? time : Math.max(last, time);
  }
  return { firstFailureAt: first, lastFailureAt: last };
}

const iso = (instant: number): string => new Date(instant).toISOString();
const isoOrNull = (instant: number | null): string | null => (instant === null ? null : iso(instant));

/** A ban as the API tells it. */
export const toBan = (ban: BanRecord): Ban => ({
  id: ban.id,
  ip: String(ban.network),
  jail: ban.jail,
  since: iso(ban.since),
  until: isoOrNull(ban.until),
  failures: ban.failures,
  sites: { ...ban.evidence.sites },
  other_sites: 0,
  users: [...ban.evidence.users],
  events: { ...ban.evidence.events },
  first_failure_at: isoOrNull(ban.evidence.firstFailureAt),
  last_failure_at: isoOrNull(ban.evidence.lastFailureAt),
  times_banned: ban.timesBanned,
  state: ban.state,
  ended_at: isoOrNull(ban.endedAt),
  ended_by: ban.endedBy,
  lifted_by: ban.liftedBy,
  reason: ban.reason,
  gentle: ban.gentle,
});
