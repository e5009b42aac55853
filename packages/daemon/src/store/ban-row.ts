import type { EndedBy } from '@portcullis/contracts';
import type { BanRecord } from '@portcullis/core';
import { type AddressColumn, fromColumn } from './address-column.ts';

export interface BanRow {
  id: number;
  jail: string;
  address: AddressColumn;
  prefix: number;
  ip: string;
  since: number;
  until: number | null;
  failures: number;
  times_banned: number;
  state: BanRecord['state'];
  ended_at: number | null;
  ended_by: EndedBy | null;
  lifted_by: string | null;
  reason: string;
  sites: string;
  users: string;
  by_hand: number;
  gentle: number;
}

export interface EvidenceRow {
  events: string;
  lines: string;
  line_senders: string;
  first_failure_at: number | null;
  last_failure_at: number | null;
}

export type FullBanRow = BanRow & EvidenceRow & { line_sites: string; of_sites: string };

/** One object by site, made by SQLite so that a ban is read at once. */
const ofSites = `(SELECT json_group_object(s.site, json_object('events', json(s.events), 'users', json(s.users),
  'firstFailureAt', s.first_failure_at, 'lastFailureAt', s.last_failure_at)) FROM ban_sites s WHERE s.ban_id = b.id)`;
/** Reads `FullBanRow`s. */
export const selectBan = `SELECT b.*, e.events, e.lines, e.line_sites, e.line_senders, e.first_failure_at, e.last_failure_at, ${ofSites} AS of_sites
  FROM bans b JOIN ban_evidence e ON e.ban_id = b.id`;

export const toBanRecord = (row: FullBanRow): BanRecord => ({
  id: row.id,
  network: fromColumn(row.address, row.prefix),
  jail: row.jail,
  since: row.since,
  until: row.until,
  failures: row.failures,
  timesBanned: row.times_banned,
  state: row.state,
  endedAt: row.ended_at,
  endedBy: row.ended_by,
  liftedBy: row.lifted_by,
  reason: row.reason,
  byHand: row.by_hand === 1,
  gentle: row.gentle === 1,
  evidence: {
    sites: JSON.parse(row.sites),
    ofSites: JSON.parse(row.of_sites),
    events: JSON.parse(row.events),
    users: JSON.parse(row.users),
    lines: JSON.parse(row.lines),
    lineSites: JSON.parse(row.line_sites),
    lineSenders: JSON.parse(row.line_senders),
    firstFailureAt: row.first_failure_at,
    lastFailureAt: row.last_failure_at,
  },
});
