import {
  type ConfigFile,
  type Doubt,
  defaultConfig,
  type Facility,
  type FilterName,
  type JailKey,
  parseDuration,
  type SiteMode,
  type SiteRight,
  standardFilters,
  standardRights,
} from '@portcullis/contracts';
import { parse, TomlError } from 'smol-toml';
import type { BantimePolicy } from './bantime.ts';
import type { CampaignConfig } from './campaigns.ts';
import type { ClientPrefixes } from './client-network.ts';
import { schemaProblems } from './config-problems.ts';
import { type HostFacts, ruleProblems } from './config-rules.ts';
import { type DestinationConfig, destinationsOf, minuteOf } from './destinations.ts';
import type { KnownGoodPolicy } from './known-good.ts';

/** What a jail does, with its overrides applied. Durations in milliseconds, null for ever. */
export interface JailConfig extends BantimePolicy, ClientPrefixes {
  readonly name: string;
  readonly filters: readonly FilterName[];
  readonly maxretry: number;
  readonly findtime: number;
  /** As written: addresses, CIDR, host names. */
  readonly ignoreip: readonly string[];
  /** Whose failures count together. */
  readonly key: JailKey;
  /** Escalation counts the earlier bans of all jails. */
  readonly overalljails: boolean;
  readonly maxTracked: number;
  /** What makes a failure count for nothing. */
  readonly distrust: readonly Doubt[];
  /** -1: no limit. */
  readonly maxBansPerSite: number;
}

export interface FirewallConfig {
  readonly backend: 'auto' | 'ipset' | 'iptables' | 'nftables' | 'dry-run';
  readonly chains: readonly string[];
  readonly ports: readonly string[];
  readonly protocols: readonly ('tcp' | 'udp')[];
  readonly rejectWith: NonNullable<NonNullable<ConfigFile['firewall']>['reject_with']>;
  readonly closeConnections: boolean;
}

/** A site that has the panel. */
export interface SiteConfig {
  readonly id: string;
  /** Spelled as the log's names are. */
  readonly domains: readonly string[];
  /** Never null in isolated mode. */
  readonly user: string | null;
  readonly mode: SiteMode;
  readonly rights: readonly SiteRight[];
  readonly wp: string | null;
}

/** Where countries, networks and host names of addresses come from. */
export interface OriginConfig {
  /** A .mmdb file; empty: the data of this release. */
  readonly countryFile: string;
  readonly asnFile: string;
  readonly reverseDns: boolean;
}

/** The configuration as the daemon uses it: complete, in milliseconds, disabled jails left out. */
export interface Config {
  readonly stateDir: string;
  readonly runDir: string;
  readonly log: {
    readonly source: 'auto' | 'file' | 'journal';
    readonly files: readonly string[];
    readonly facilities: readonly Facility[];
  };
  readonly proxies: {
    /** As written: addresses and CIDR. */
    readonly trustedProxies: readonly string[];
    /** Whether the published ranges of large delivery networks are such, too. */
    readonly cdns: boolean;
  };
  readonly knownGood: KnownGoodPolicy;
  /** In the order of the file. */
  readonly jails: readonly JailConfig[];
  readonly firewall: FirewallConfig;
  /** Whether bans stay in the kernel while the daemon is stopped. */
  readonly onStop: 'keep' | 'remove';
  readonly sites: readonly SiteConfig[];
  /** The Unix group that may open the socket of sites in shared mode. */
  readonly sharedGroup: string;
  readonly retention: {
    readonly history: number | null;
    readonly failures: number | null;
    readonly audit: number | null;
  };
  readonly campaigns: CampaignConfig;
  readonly enrichment: OriginConfig;
  readonly destinations: readonly DestinationConfig[];
  readonly reports: {
    /** When periodic reports are made: the minute of the day, by the host’s clock. */
    readonly at: number;
    /** How long a site may write nothing before that is told, in milliseconds; null: it never is. */
    readonly silentAfter: number | null;
  };
}

/** Something wrong in a configuration: where, what stands there, and what is allowed. */
export interface ConfigProblem {
  /** Dotted, as `jails.wordpress.maxretry`; empty for the file as a whole. */
  readonly path: string;
  readonly value: unknown;
  readonly message: string;
}

export type ParsedConfig =
  | { readonly config: Config; readonly problems: readonly [] }
  | { readonly config: null; readonly problems: readonly ConfigProblem[] };

/** Reads the text of `portcullis.toml`: every problem at once, or the complete configuration. */
export function parseConfig(text: string, host: HostFacts = {}): ParsedConfig {
  let file: unknown;
  try {
    file = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const sentence = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    const message = `line ${error.line}, column ${error.column}: not TOML: ${sentence}`;
    return { config: null, problems: [{ path: '', value: undefined, message }] };
  }
  const wrong = schemaProblems(file);
  const rules = ruleProblems(file as ConfigFile, new Set(wrong.map(({ path }) => path)), host);
  const problems = [...wrong, ...rules];
  return problems.length > 0
    ? { config: null, problems }
    : { config: complete(file as ConfigFile), problems: [] };
}

/** The configuration that holds where there is no file. */
export const standardConfig = (): Config => complete({});

function complete(file: ConfigFile): Config {
  const firewall = { ...defaultConfig.firewall, ...file.firewall };
  const retention = { ...defaultConfig.retention, ...file.retention };
  const jails = file.jails ?? defaultConfig.jails;
  const campaigns = { ...defaultConfig.campaigns, ...file.campaigns };
  const enrichment = { ...defaultConfig.enrichment, ...file.enrichment };
  const reports = { ...defaultConfig.reports, ...file.reports };
  return {
    stateDir: file.state_dir ?? defaultConfig.state_dir,
    runDir: file.run_dir ?? defaultConfig.run_dir,
    log: { ...defaultConfig.log, ...file.log },
    proxies: {
      trustedProxies: file.proxies?.trusted_proxies ?? defaultConfig.proxies.trusted_proxies,
      cdns: file.proxies?.cdns ?? defaultConfig.proxies.cdns,
    },
    knownGood: completeKnownGood({ ...defaultConfig.known_good, ...file.known_good }),
    jails: Object.entries(jails)
      .filter(([, jail]) => jail.enabled !== false)
      .map(([name, jail]) =>
        completeJail(name, { filter: standardFilters, ...defaultConfig.defaults, ...file.defaults, ...jail }),
      ),
    firewall: {
      backend: firewall.backend,
      chains: firewall.chains,
      ports: firewall.ports.map(String),
      protocols: firewall.protocols,
      rejectWith: firewall.reject_with,
      closeConnections: firewall.close_connections,
    },
    onStop: firewall.on_stop,
    sites: Object.entries(file.sites ?? {}).map(([id, site]) => completeSite(id, site)),
    sharedGroup: file.panel?.shared_group ?? defaultConfig.panel.shared_group,
    retention: {
      history: duration(retention.history),
      failures: duration(retention.failures),
      audit: duration(retention.audit),
    },
    campaigns: {
      addresses: campaigns.addresses,
      window: duration(campaigns.window) ?? 0,
      maxretry: campaigns.maxretry === 0 ? null : campaigns.maxretry,
    },
    enrichment: {
      countryFile: enrichment.country_file,
      asnFile: enrichment.asn_file,
      reverseDns: enrichment.reverse_dns,
    },
    destinations: destinationsOf(file),
    reports: { at: minuteOf(reports.at), silentAfter: duration(reports.silent_after) },
  };
}

const completeKnownGood = (known: Required<NonNullable<ConfigFile['known_good']>>): KnownGoodPolicy => ({
  enabled: known.enabled,
  logins: known.logins,
  within: duration(known.within) ?? Number.POSITIVE_INFINITY,
  factor: known.threshold_factor,
  bantime: duration(known.bantime) ?? 0,
  holdFor: duration(known.hold) ?? 0,
  sharedSites: known.shared_sites,
});

type JailFile = NonNullable<ConfigFile['jails']>[string];
type CompleteJailFile = Required<Omit<JailFile, 'enabled'>>;

const completeJail = (name: string, jail: CompleteJailFile): JailConfig => ({
  name,
  filters: jail.filter,
  maxretry: jail.maxretry,
  findtime: duration(jail.findtime) ?? Number.POSITIVE_INFINITY,
  bantime: duration(jail.bantime),
  ignoreip: jail.ignoreip,
  key: jail.key,
  ipv4Prefix: jail.ipv4_prefix,
  ipv6Prefix: jail.ipv6_prefix,
  increment: jail.bantime_increment,
  factor: jail.bantime_factor,
  multipliers: jail.bantime_multipliers,
  maxtime: duration(jail.bantime_maxtime),
  rndtime: duration(jail.bantime_rndtime) ?? 0,
  overalljails: jail.bantime_overalljails,
  maxTracked: jail.max_tracked,
  distrust: jail.distrust,
  maxBansPerSite: jail.max_bans_per_site_per_hour,
});

/** A site with what holds where nothing is said. */
export function completeSite(
  id: string,
  { domains, user, mode = 'isolated', rights, wp }: NonNullable<ConfigFile['sites']>[string],
): SiteConfig {
  return { id, domains, user: user ?? null, mode, rights: rights ?? standardRights[mode], wp: wp ?? null };
}

/** Of a text that the schema and the rules have let through. */
const duration = (text: string | number): number | null => parseDuration(text) ?? null;
