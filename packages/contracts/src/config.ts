import { CampaignsSection } from './campaign.ts';
import { durationPattern } from './duration.ts';
import { EnrichmentSection } from './enrichment.ts';
import { Doubt, FilterName } from './failure.ts';
import { JailKey } from './jail.ts';
import { siteIdPattern, siteSettings, unixNamePattern } from './registration.ts';
import { ReportsSection, SlackSection, WebhookSection } from './reporting.ts';
import { boolean, describe, object, oneOf, type Static } from './schema.ts';

const duration = {
  anyOf: [
    { type: 'integer', minimum: -1 },
    { type: 'string', pattern: durationPattern },
  ],
} as const;
const strings = { type: 'array', items: { type: 'string', minLength: 1 } } as const;

/** ipset's names hold 31 bytes and iptables' chains 28; `portcullis-` takes 11 and the IPv6 set's `-v6` three. */
export const jailNamePattern = '^[a-z0-9][a-z0-9-]{0,16}$';

const jailSettings = {
  maxretry: describe('Failures that ban, 1 to 1000.', {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  } as const),
  findtime: describe('The window in which they must lie.', duration),
  bantime: describe('How long a ban lasts; -1: for ever.', duration),
  ignoreip: describe(
    'Never banned: addresses, CIDR, host names. Loopback and the host’s own are always exempt.',
    strings,
  ),
  key: describe(
    'Whose failures count together: those of one address; or of all addresses of one autonomous system (system), or that try one name (user). The last two can hit who is innocent: see below.',
    JailKey,
  ),
  ipv4_prefix: describe('One IPv4 client is its network: 24 counts and bans whole /24.', {
    type: 'integer',
    minimum: 16,
    maximum: 32,
  } as const),
  ipv6_prefix: describe('One IPv6 client is its network: 128 counts single addresses.', {
    type: 'integer',
    minimum: 32,
    maximum: 128,
  } as const),
  bantime_increment: describe('Longer bans for repeat offenders.', boolean),
  bantime_factor: describe('Multiplies each longer ban.', { type: 'number', exclusiveMinimum: 0 } as const),
  bantime_multipliers: describe(
    'The nth ban lasts bantime × the nth multiplier × factor; the last one repeats. Empty: 1, 2, 4, 8, …',
    { type: 'array', items: { type: 'number', exclusiveMinimum: 0 }, maxItems: 50 } as const,
  ),
  bantime_maxtime: describe('No ban is longer, the random part included; -1: no limit.', duration),
  bantime_rndtime: describe(
    'Up to this much is added at random, so that bans do not end by the clock.',
    duration,
  ),
  bantime_overalljails: describe('Count earlier bans of all jails, not only of this one.', boolean),
  max_tracked: describe(
    'Addresses (or systems, or names, as key says) with failures inside findtime that are remembered; beyond it the oldest is forgotten.',
    {
      type: 'integer',
      minimum: 1_000,
      maximum: 10_000_000,
    } as const,
  ),
  distrust: describe(
    'Failures that cannot be trusted and bring no address nearer to a ban: see security.md, weighed evidence. Empty: all are trusted.',
    { type: 'array', items: Doubt, uniqueItems: true } as const,
  ),
  max_bans_per_site_per_hour: describe(
    'Addresses that one site’s lines alone may get banned in an hour, an IPv4 network as many as it has; beyond it another site must witness, too. -1: no limit.',
    { type: 'integer', minimum: -1, maximum: 1_000_000 } as const,
  ),
} as const;
type JailSetting = keyof typeof jailSettings;
const jailSettingNames = Object.keys(jailSettings) as unknown as readonly JailSetting[];

/** What the constants of WP fail2ban can name. It writes to auth unless told otherwise. */
export const Facility = oneOf(
  'auth',
  'authpriv',
  'user',
  'daemon',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
);
export type Facility = Static<typeof Facility>;

/** The file as an administrator writes it: every key may be left out. Unknown keys are refused. */
export const ConfigFile = object(
  {
    state_dir: describe('Where the database lives.', { type: 'string', pattern: '^/' } as const),
    run_dir: describe('Where the sockets live.', { type: 'string', pattern: '^/' } as const),
    log: object(
      {
        source: describe(
          'Where lines come from. auto: the files where one is written, the journal elsewhere.',
          oneOf('auto', 'file', 'journal'),
        ),
        files: describe('Globs; rotation is followed.', {
          type: 'array',
          items: { type: 'string', pattern: '^/' },
          minItems: 1,
        } as const),
        facilities: describe('Which syslog facilities of the journal are read.', {
          type: 'array',
          items: Facility,
          minItems: 1,
          uniqueItems: true,
        } as const),
      },
      ['source', 'files', 'facilities'],
    ),
    proxies: object(
      {
        trusted_proxies: describe(
          'Proxies and load balancers, as addresses or CIDR: never banned. Their sites should log the visitor’s address.',
          { ...strings, maxItems: 1_000 } as const,
        ),
        cdns: describe(
          'Treat the published ranges of Cloudflare, CloudFront, Fastly, Imperva, Sucuri and Google’s load balancers like trusted_proxies.',
          boolean,
        ),
      },
      ['trusted_proxies', 'cdns'],
    ),
    defaults: object(jailSettings, jailSettingNames),
    known_good: object(
      {
        enabled: describe('false: successful logins change nothing.', boolean),
        logins: describe(
          'Different hours with a successful login on a site that make an address known there.',
          { type: 'integer', minimum: 1, maximum: 100 } as const,
        ),
        within: describe(
          'How old the latest login may be; after so long without one, counting begins anew.',
          duration,
        ),
        threshold_factor: describe(
          'On a site where an address is known, so many of its failures count as one.',
          { type: 'integer', minimum: 1, maximum: 10 } as const,
        ),
        bantime: describe(
          'The longest that a first ban of an address lasts that is known on each site where it failed, or one that was held. Such a ban is gentle: of `firewall.ports` it closes the web’s only.',
          duration,
        ),
        hold: describe(
          'How long a ban waits for the administrator where the address is known on several sites, or is that of a site’s administrator at work; at most 1h. 0: no ban waits.',
          duration,
        ),
        shared_sites: describe(
          'An address that is known on so many sites, with an account for each, is shared by many and is let go while it fails less than people log in. 0: none is.',
          { type: 'integer', minimum: 0, maximum: 30 } as const,
        ),
      },
      ['enabled', 'logins', 'within', 'threshold_factor', 'bantime', 'hold', 'shared_sites'],
    ),
    jails: {
      type: 'object',
      propertyNames: { pattern: jailNamePattern },
      additionalProperties: object(
        {
          enabled: describe('false: as if the jail were not there; its bans end.', boolean),
          filter: describe('Which messages count; the hard and the soft ones when left out.', {
            type: 'array',
            items: FilterName,
            minItems: 1,
          } as const),
          ...jailSettings,
        },
        ['enabled', 'filter', ...jailSettingNames] as const,
      ),
    },
    firewall: object(
      {
        backend: describe(
          'auto: ipset where it works, else iptables, else nftables. dry-run enforces nothing.',
          oneOf('auto', 'ipset', 'iptables', 'nftables', 'dry-run'),
        ),
        chains: describe(
          'Chains that packets to the web server pass. DOCKER-USER is added where it exists.',
          {
            type: 'array',
            items: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,28}$' },
            minItems: 1,
          } as const,
        ),
        ports: describe(
          'Service names, numbers, or ranges as 8000:8010; at most 15, iptables’ limit (a range counts twice).',
          {
            type: 'array',
            items: {
              anyOf: [
                { type: 'string', pattern: '^([a-z0-9-]{1,32}|[0-9]{1,5}:[0-9]{1,5})$' },
                { type: 'integer', minimum: 1, maximum: 65535 },
              ],
            },
            minItems: 1,
            maxItems: 15,
          } as const,
        ),
        protocols: describe('udp is HTTP/3.', {
          type: 'array',
          items: oneOf('tcp', 'udp'),
          minItems: 1,
        } as const),
        reject_with: describe(
          'What a banned client is answered. tcp-reset: UDP gets port-unreachable. drop: nothing.',
          oneOf(
            'icmp-port-unreachable',
            'icmp-host-unreachable',
            'icmp-net-unreachable',
            'icmp-admin-prohibited',
            'tcp-reset',
            'drop',
          ),
        ),
        close_connections: describe(
          'Whether a ban also closes the TCP connections that its address holds open to the ports that it closes. Their packets are refused either way.',
          boolean,
        ),
        on_stop: describe(
          'Whether bans stay enforced in the kernel while the daemon is stopped.',
          oneOf('keep', 'remove'),
        ),
      },
      ['backend', 'chains', 'ports', 'protocols', 'reject_with', 'close_connections', 'on_stop'],
    ),
    sites: {
      type: 'object',
      propertyNames: { pattern: siteIdPattern },
      additionalProperties: object(siteSettings, ['user', 'mode', 'rights', 'wp']),
    },
    panel: object(
      {
        shared_group: describe('The Unix group that may open the one socket of sites in shared mode.', {
          type: 'string',
          pattern: unixNamePattern,
        } as const),
      },
      ['shared_group'],
    ),
    retention: object(
      {
        history: describe('How long ended bans are kept.', duration),
        failures: describe('How long failures are kept.', duration),
        audit: describe('How long the audit log is kept.', duration),
      },
      ['history', 'failures', 'audit'],
    ),
    campaigns: CampaignsSection,
    enrichment: EnrichmentSection,
    slack: SlackSection,
    webhook: WebhookSection,
    reports: ReportsSection,
  },
  [
    'state_dir',
    'run_dir',
    'log',
    'proxies',
    'defaults',
    'known_good',
    'jails',
    'firewall',
    'sites',
    'panel',
    'retention',
    'campaigns',
    'enrichment',
    'slack',
    'webhook',
    'reports',
  ],
);
export type ConfigFile = Static<typeof ConfigFile>;

/** The filters of a jail that names none. */
export const standardFilters: FilterName[] = ['wordpress-hard', 'wordpress-soft'];

/** What holds where the file says nothing. The shipped file says the same (a test compares them). */
export const defaultConfig = {
  state_dir: '/var/lib/portcullis',
  run_dir: '/run/portcullis',
  log: { source: 'auto', files: ['/var/log/auth.log'], facilities: ['auth', 'authpriv'] },
  proxies: { trusted_proxies: [], cdns: true },
  defaults: {
    maxretry: 3,
    findtime: '3h',
    bantime: '1d',
    ignoreip: [],
    key: 'address',
    ipv4_prefix: 32,
    ipv6_prefix: 64,
    bantime_increment: false,
    bantime_factor: 1,
    bantime_multipliers: [],
    bantime_maxtime: '-1',
    bantime_rndtime: '0',
    bantime_overalljails: false,
    max_tracked: 1_000_000,
    distrust: ['burst', 'stored_address', 'wrong_sender'],
    max_bans_per_site_per_hour: 200_000,
  },
  known_good: {
    enabled: true,
    logins: 3,
    within: '30d',
    threshold_factor: 2,
    bantime: '10m',
    hold: '10m',
    shared_sites: 10,
  },
  jails: { wordpress: { filter: standardFilters } },
  firewall: {
    backend: 'auto',
    chains: ['INPUT'],
    ports: ['http', 'https'],
    protocols: ['tcp', 'udp'],
    reject_with: 'icmp-port-unreachable',
    close_connections: true,
    on_stop: 'keep',
  },
  sites: {},
  panel: { shared_group: 'www-data' },
  retention: { history: '90d', failures: '30d', audit: '52w' },
  campaigns: { addresses: 20, window: '1h', maxretry: 0 },
  enrichment: { country_file: '', asn_file: '', reverse_dns: false },
  slack: {
    webhook_url_file: '',
    webhook_credential: '',
    channel: '',
    min_severity: 'info',
    window: '10m',
    quiet_hours: '',
    allowed_hosts: [],
    reports: ['weekly'],
  },
  webhook: {
    url_file: '',
    url_credential: '',
    secret_file: '',
    secret_credential: '',
    min_severity: 'info',
    window: '10m',
    quiet_hours: '',
    allowed_hosts: [],
    reports: [],
  },
  reports: { at: '08:00', silent_after: '7d' },
} as const satisfies ConfigFile;
