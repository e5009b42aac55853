import type { EventName, Rule } from '@portcullis/contracts';
import type { Network } from './address.ts';
import type { JailConfig } from './config.ts';
import type { Sender } from './ports.ts';
import type { TogetherToTell } from './together.ts';

/** One failure that decided. */
export interface ReceiptFailure {
  readonly id: number;
  readonly time: number;
  /** The single address that the line names. */
  readonly address: Network;
  readonly site: string;
  readonly event: EventName;
  readonly user: string | null;
  /** How many events of it counted: fewer than the line says where a site was beyond its measure. */
  readonly count: number;
  /** How much of what the rule required it is. */
  readonly weight: number;
  /** As bits of `doubtBits`. */
  readonly doubts: number;
  readonly sender: Sender | null;
  readonly line: string;
}

/** What a client was compared with that speaks for it, when its ban was decided. */
export interface Compared {
  /** Exemptions by source, but for the reserved ranges. */
  readonly exemptions: Readonly<Record<string, number>>;
  /** An exemption that stood against the ban, as a sentence. */
  readonly exemptedBy: string | null;
  readonly logins: readonly { readonly site: string; readonly hours: number; readonly known: boolean }[];
}

/** Why a ban was decided, as it stood then. Durations in milliseconds, null for ever. */
export interface BanReceipt {
  readonly at: number;
  /** The person who decided, or changed what was decided. */
  readonly byHand: { readonly by: string; readonly at: number; readonly bantime: number | null } | null;
  /** Null where a person decided alone, and where the rule is no longer kept. */
  readonly rule: Rule | null;
  readonly required: number;
  readonly campaign: string | null;
  /** The client whose failures were counted together. */
  readonly client: Network;
  /** Failures of several clients that counted together; null: the client's own did. */
  readonly together: TogetherToTell | null;
  readonly failures: number;
  /** In the order of their arrival, the last `maxEvidenceLines`. */
  readonly evidence: readonly ReceiptFailure[];
  readonly earlierBans: number;
  readonly bantime: number | null;
  readonly knownGood: { readonly factor: number; readonly because: string } | null;
  readonly compared: Compared;
}

const secondsOf = (ms: number | null): number => (ms === null ? -1 : ms / 1000);

/** A jail's rule in the words of the configuration. */
export const ruleOf = (jail: JailConfig): Rule => ({
  jail: jail.name,
  filter: [...jail.filters],
  maxretry: jail.maxretry,
  findtime_seconds: secondsOf(jail.findtime),
  bantime_seconds: secondsOf(jail.bantime),
  bantime_increment: jail.increment,
  bantime_factor: jail.factor,
  bantime_multipliers: [...jail.multipliers],
  bantime_maxtime_seconds: secondsOf(jail.maxtime),
  bantime_rndtime_seconds: secondsOf(jail.rndtime),
  bantime_overalljails: jail.overalljails,
  key: jail.key,
  ipv4_prefix: jail.ipv4Prefix,
  ipv6_prefix: jail.ipv6Prefix,
  distrust: [...jail.distrust],
  max_bans_per_site_per_hour: jail.maxBansPerSite,
});
