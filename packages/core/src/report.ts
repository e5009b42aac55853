import type { Severity } from '@portcullis/contracts';
import type { Digest } from './digest.ts';

/*
 * What is told to people who do not watch: the events that wait in the outbox, and the messages that they become. Names of
 * sites and users in them are text that attackers wrote; each reporter escapes them for its own reader.
 */

/** Where an address comes from; null: not known. */
export interface ReportedOrigin {
  readonly country: string | null;
  readonly asn: number | null;
  readonly as_name: string | null;
}

/** A ban as its readers may see it: in a site's channel the other sites are a number. */
export interface ReportedBan {
  readonly id: number;
  readonly ip: string;
  readonly jail: string;
  readonly since: number;
  readonly until: number | null;
  readonly failures: number;
  readonly sites: Readonly<Record<string, number>>;
  readonly otherSites: number;
  /** The latest first, at most 20. */
  readonly users: readonly string[];
  /** How often the address has been banned by this jail, this ban included. */
  readonly timesBanned: number;
  /** Empty where the reader may not see the host's own words. */
  readonly reason: string;
  readonly state: 'pending' | 'active' | 'failed' | 'ended';
  readonly origin: ReportedOrigin;
  /** The campaign that the address takes part in, by the lines that the readers may see; null: none. */
  readonly campaign: string | null;
}

/** A campaign as its readers may see it: recognised from, and told by, their own lines alone. */
export interface ReportedCampaign {
  readonly id: string;
  readonly since: number;
  readonly lastSeen: number;
  readonly addresses: number;
  /** Bans of addresses that took part, those that have ended included. */
  readonly bans: number;
  /** Of each list those that most addresses tried or come from, and how many more there are. */
  readonly users: readonly CampaignPart[];
  readonly otherUsers: number;
  readonly sites: readonly CampaignPart[];
  readonly otherSites: number;
  readonly networks: readonly CampaignPart[];
  /** As `AS64500 EXAMPLE-NET`; empty where none is known. */
  readonly systems: readonly CampaignPart[];
}
export interface CampaignPart {
  readonly name: string;
  readonly addresses: number;
}

/** What happened to the daemon itself. Waits in the outbox as JSON; unchanged by a newer version. */
export type HostEvent =
  | { readonly kind: 'start'; readonly version: string; readonly firewall: string; readonly bans: number }
  | { readonly kind: 'stop'; readonly bans: number; readonly kept: boolean }
  | { readonly kind: 'reload_failed'; readonly problems: readonly string[] }
  | { readonly kind: 'drift'; readonly faults: readonly string[] }
  | { readonly kind: 'silent_site'; readonly site: string; readonly lastEventAt: number }
  | {
      /** A ban waits for the administrator. */
      readonly kind: 'held';
      readonly id: number;
      readonly ip: string;
      readonly jail: string;
      readonly failures: number;
      readonly sites: Readonly<Record<string, number>>;
      readonly until: number;
      readonly because: string;
    }
  | {
      /** A site logs its proxy in place of its visitors. */
      readonly kind: 'proxied_site';
      readonly site: string;
      readonly failures: number;
      readonly proxy: string;
    }
  | { readonly kind: 'campaign'; readonly campaign: ReportedCampaign }
  | { readonly kind: 'campaign_over'; readonly campaign: ReportedCampaign }
  | { readonly kind: 'report'; readonly report: PeriodicReport };

export type OutboxKind = 'ban' | HostEvent['kind'];

/** How much a reader must be disturbed for it. */
export const severityOf: Readonly<Record<OutboxKind, Severity>> = {
  start: 'info',
  stop: 'info',
  report: 'info',
  ban: 'warning',
  silent_site: 'warning',
  proxied_site: 'warning',
  campaign: 'warning',
  // Whoever is told that it began is told that it is over.
  campaign_over: 'warning',
  held: 'critical',
  reload_failed: 'critical',
  drift: 'critical',
};
const severities: readonly Severity[] = ['info', 'warning', 'critical'];
export const isAtLeast = (severity: Severity, least: Severity): boolean =>
  severities.indexOf(severity) >= severities.indexOf(least);

/** Something with how often it was seen, among those seen most. */
export interface Ranked {
  readonly name: string;
  readonly bans: number;
  readonly failures: number;
}

/** A day, a week or another span of whole hours, against the same span before it. */
export interface PeriodicReport {
  readonly since: number;
  readonly until: number;
  readonly failures: number;
  readonly bans: number;
  readonly before: { readonly failures: number; readonly bans: number };
  readonly sites: readonly Ranked[];
  /** Sites that were attacked and are not in `sites`. */
  readonly otherSites: number;
  readonly users: readonly Pick<Ranked, 'name' | 'failures'>[];
  readonly countries: readonly Ranked[];
  readonly networks: readonly Ranked[];
  /** The newest bans of the span, over which countries and networks are counted. */
  readonly originsOf: number;
  readonly chart: readonly ChartPart[];
}

/** One of the equal parts of a span. */
export interface ChartPart {
  readonly at: number;
  readonly failures: number;
  readonly bans: number;
}

/** One message, whoever carries it. `more`: further events of the kind since `since`, of which this is the latest. */
export type MessageContent =
  | { readonly kind: 'ban'; readonly ban: ReportedBan }
  | { readonly kind: 'digest'; readonly digest: Digest }
  | { readonly kind: 'test'; readonly destination: string }
  | {
      readonly kind: 'silent_site';
      readonly sites: readonly { readonly site: string; readonly lastEventAt: number }[];
    }
  | {
      /** The latest first. */
      readonly kind: 'campaign' | 'campaign_over';
      readonly campaigns: readonly ReportedCampaign[];
    }
  | (Exclude<HostEvent, { kind: 'silent_site' | 'campaign' | 'campaign_over' }> & {
      readonly more: number;
      readonly since: number;
    });

export interface ReportMessage {
  /** The same for two messages only if one is the other, sent again. */
  readonly id: string;
  /** This machine's name. */
  readonly host: string;
  /** The site, or pattern of sites, whose readers see it; null: the host's administrator. */
  readonly site: string | null;
  /** When the latest thing that it tells happened. */
  readonly at: number;
  readonly severity: Severity;
  readonly content: MessageContent;
}
