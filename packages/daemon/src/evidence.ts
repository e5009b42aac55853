import type { Ban, BanDetails } from '@portcullis/contracts';
import {
  type BanEvidence,
  type BanRecord,
  type FailureRecord,
  maxEvidenceLines,
  maxEvidenceUsers,
} from '@portcullis/core';

const decoder = new TextDecoder();

/** Sites that one ban tells apart: the Host header is a client's to choose. */
const maxSites = 100;
const otherSites = '(other)';

export const noEvidence: BanEvidence = {
  sites: {},
  events: {},
  users: [],
  lines: [],
  firstFailureAt: null,
  lastFailureAt: null,
};

/** What the failures tell, added to what is known already; the latest lines and names are kept. */
export function addEvidence(known: BanEvidence, failures: readonly FailureRecord[]): BanEvidence {
  // Sites and users are text that clients choose: a name such as __proto__ must stay a name.
  const sites: Record<string, number> = Object.assign(Object.create(null), known.sites);
  const events: Record<string, number> = Object.assign(Object.create(null), known.events);
  const users = new Set(known.users.toReversed());
  const lines = [...known.lines];
  let first = known.firstFailureAt;
  let last = known.lastFailureAt;
  for (const { site, event, user, line, time, count } of failures) {
    const place = site in sites || Object.keys(sites).length < maxSites ? site : otherSites;
    sites[place] = (sites[place] ?? 0) + count;
    events[event] = (events[event] ?? 0) + count;
    if (user !== null) {
      users.delete(user);
      users.add(user);
    }
    lines.push(decoder.decode(line));
    first = first === null ? time : Math.min(first, time);
    last = last === null ? time : Math.max(last, time);
  }
  return {
    sites,
    events,
    users: [...users].toReversed().slice(0, maxEvidenceUsers),
    lines: lines.slice(-maxEvidenceLines),
    firstFailureAt: first,
    lastFailureAt: last,
  };
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
  times_banned: ban.timesBanned,
  state: ban.state,
  ended_at: isoOrNull(ban.endedAt),
  ended_by: ban.endedBy,
  reason: ban.reason,
});

export const toBanDetails = (ban: BanRecord): BanDetails => ({
  ...toBan(ban),
  evidence: {
    lines: [...ban.evidence.lines],
    events: { ...ban.evidence.events },
    first_failure_at: isoOrNull(ban.evidence.firstFailureAt),
    last_failure_at: isoOrNull(ban.evidence.lastFailureAt),
  },
});
