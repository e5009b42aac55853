import { type ConfigFile, parseDuration } from '@portcullis/contracts';
import { parseNetwork } from './address.ts';
import type { ConfigProblem } from './config.ts';
import { destinationRules } from './destination-rules.ts';
import { keyRules } from './key-rules.ts';

/** iptables' multiport match takes 15 ports; a range counts for two (iptables-extensions(8)). */
const maxPorts = 15;
/** Unix sockets' names hold 107 bytes (unix(7)); `/sites/` and an id of 40 must fit behind run_dir. */
const maxRunDir = 55;
const maxFindtime = 52 * 7 * 86_400_000;

type Section = Record<string, unknown>;
type Report = (path: string, value: unknown, message: string) => void;

/** What only the host can tell of a configuration. */
export interface HostFacts {
  /** Whether the host knows a port by this name. Left out: every name may be one. */
  readonly hasService?: (name: string) => boolean;
}

/**
 * What a schema cannot say: durations that make no sense, words that are neither address nor host name, settings that
 * exclude each other.
 *
 * @param wrong paths the schema has spoken about; they are not judged twice
 */
export function ruleProblems(
  file: ConfigFile,
  wrong: ReadonlySet<string>,
  { hasService = () => true }: HostFacts,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report: Report = (path, value, message) => {
    if (!isWithin(wrong, path)) problems.push({ path, value, message });
  };
  settingsRules('defaults', section(file, 'defaults'), report);
  const jails = section(file, 'jails');
  for (const [name, jail] of Object.entries(jails)) settingsRules(`jails.${name}`, asSection(jail), report);
  jailRules(jails, file.jails !== undefined, report);
  keyRules(section(file, 'defaults'), file.jails === undefined ? { wordpress: {} } : jails, report);
  firewallRules(section(file, 'firewall'), hasService, report);
  for (const [key, value] of Object.entries(section(file, 'retention')))
    durationRule(`retention.${key}`, value, report);
  if (typeof file.run_dir === 'string' && new TextEncoder().encode(file.run_dir).length > maxRunDir) {
    report(
      'run_dir',
      file.run_dir,
      `must be at most ${maxRunDir} bytes long: a socket's whole path may have 107`,
    );
  }
  campaignRules(section(file, 'campaigns'), report);
  const [slack, webhook, reports] = ['slack', 'webhook', 'reports'].map((key) => section(file, key));
  destinationRules({ slack: slack!, webhook: webhook!, reports: reports! }, report);
  siteRules(section(file, 'sites'), report);
  knownGoodRules(section(file, 'known_good'), report);
  proxyRules(section(file, 'proxies')['trusted_proxies'], report);
  return problems;
}

const asSection = (value: unknown): Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : {};
const section = (file: unknown, key: string): Section => asSection(asSection(file)[key]);

/** Whether the path, or something in it, is among those that are wrong already. */
const isWithin = (wrong: ReadonlySet<string>, path: string): boolean =>
  [...wrong].some((known) => known === path || known.startsWith(`${path}[`) || path.startsWith(`${known}.`));

function settingsRules(path: string, settings: Section, report: Report): void {
  for (const key of ['findtime', 'bantime', 'bantime_maxtime', 'bantime_rndtime']) {
    if (settings[key] !== undefined) durationRule(`${path}.${key}`, settings[key], report);
  }
  const findtime = durationOf(settings['findtime']);
  if (findtime === null) report(`${path}.findtime`, settings['findtime'], 'cannot be for ever: at most 52w');
  if (findtime === 0) report(`${path}.findtime`, settings['findtime'], 'must be longer than 0');
  if (typeof findtime === 'number' && findtime > maxFindtime) {
    report(`${path}.findtime`, settings['findtime'], 'must be at most 52w');
  }
  for (const key of ['bantime', 'bantime_maxtime']) {
    if (durationOf(settings[key]) === 0) report(`${path}.${key}`, settings[key], 'must be longer than 0');
  }
  if (durationOf(settings['bantime_rndtime']) === null) {
    report(`${path}.bantime_rndtime`, settings['bantime_rndtime'], 'cannot be for ever');
  }
  const ignoreip = settings['ignoreip'];
  if (!Array.isArray(ignoreip)) return;
  for (const [index, entry] of ignoreip.entries()) {
    if (typeof entry === 'string' && !isIgnoreip(entry)) {
      report(`${path}.ignoreip[${index}]`, entry, 'must be an address, a network (CIDR) or a host name');
    }
  }
}

const durationOf = (value: unknown): number | null | undefined =>
  typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : undefined;

const campaignWindow = { least: 10 * 60_000, most: 86_400_000 };

function campaignRules({ addresses, window }: Section, report: Report): void {
  if (addresses === 1 || addresses === 2)
    report('campaigns.addresses', addresses, 'must be from 3 to 200, or 0 to look for none');
  if (window === undefined) return;
  const length = durationOf(window);
  if (typeof length !== 'number' || length < campaignWindow.least || length > campaignWindow.most)
    report('campaigns.window', window, 'must be a duration from 10m to 1d');
}

function durationRule(path: string, value: unknown, report: Report): void {
  if ((typeof value === 'string' || typeof value === 'number') && parseDuration(value) === undefined) {
    report(
      path,
      value,
      'must be a duration of at most 100 years: seconds, or 30s 10m 3h 1d 4w; -1 is for ever',
    );
  }
}

/** Host names by RFC 1123; one whose last label is a number would be an address (RFC 3696 section 2). */
const isIgnoreip = (entry: string): boolean =>
  parseNetwork(entry) !== null ||
  (/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i.test(
    entry,
  ) &&
    !/(^|\.)[0-9]+\.?$/.test(entry));

function jailRules(jails: Section, given: boolean, report: Report): void {
  for (const name of Object.keys(jails)) {
    // The IPv6 set of jail x is portcullis-x-v6: a jail x-v6 would claim the same name.
    if (name.endsWith('-v6'))
      report(`jails.${name}`, name, 'a jail’s name must not end in -v6, which marks IPv6 sets');
  }
  const enabled = Object.values(jails).filter((jail) => asSection(jail)['enabled'] !== false);
  if (given && enabled.length === 0) report('jails', Object.keys(jails), 'at least one jail must be enabled');
}

function firewallRules(firewall: Section, hasService: (name: string) => boolean, report: Report): void {
  const { ports, protocols, reject_with: rejectWith, chains } = firewall;
  if (Array.isArray(ports)) {
    const used = ports.reduce((sum: number, port) => sum + (String(port).includes(':') ? 2 : 1), 0);
    if (used > maxPorts)
      report('firewall.ports', ports, `must hold at most ${maxPorts} ports; a range counts for two`);
    for (const [index, port] of ports.entries()) {
      const numbers = String(port)
        .split(':')
        .filter((part) => /^[0-9]+$/.test(part))
        .map(Number);
      const [from, to] = numbers;
      if (numbers.some((number) => number < 1 || number > 65535) || (to !== undefined && from! >= to)) {
        report(`firewall.ports[${index}]`, port, 'must be from 1 to 65535, a range as low:high');
      }
      if (typeof port === 'string' && /[^0-9:]/.test(port) && !hasService(port)) {
        report(
          `firewall.ports[${index}]`,
          port,
          'is no name in /etc/services; write the port number instead',
        );
      }
    }
  }
  if (Array.isArray(chains) && new Set(chains).size < chains.length) {
    report('firewall.chains', chains, 'must not name a chain twice');
  }
  if (rejectWith === 'tcp-reset' && Array.isArray(protocols) && !protocols.includes('tcp')) {
    report('firewall.reject_with', rejectWith, 'needs tcp among firewall.protocols');
  }
}

function proxyRules(trusted: unknown, report: Report): void {
  for (const [index, entry] of (Array.isArray(trusted) ? trusted : []).entries()) {
    if (typeof entry === 'string' && parseNetwork(entry) === null)
      report(`proxies.trusted_proxies[${index}]`, entry, 'must be an address or a network (CIDR)');
  }
}

/** A hold is for a person who looks, not a way around a ban. */
const maxHold = 3_600_000;

function knownGoodRules(known: Section, report: Report): void {
  for (const key of ['within', 'bantime', 'hold']) durationRule(`known_good.${key}`, known[key], report);
  if (durationOf(known['within']) === 0)
    report('known_good.within', known['within'], 'must be longer than 0');
  const bantime = durationOf(known['bantime']);
  if (bantime === 0 || bantime === null)
    report('known_good.bantime', known['bantime'], 'must be longer than 0, and not for ever');
  const hold = durationOf(known['hold']);
  if (hold === null || (hold !== undefined && hold > maxHold))
    report('known_good.hold', known['hold'], 'must be at most 1h');
  const shared = known['shared_sites'];
  if (shared === 1 || shared === 2)
    report('known_good.shared_sites', shared, 'must be 0, or at least 3: two sites may be one person’s');
}

/** The one socket of sites in shared mode is called so. */
export const sharedSocketId = 'shared';

function siteRules(sites: Section, report: Report): void {
  const owners = new Map<string, string>();
  for (const [id, site] of Object.entries(sites)) {
    const { domains, user, mode } = asSection(site);
    if (id === sharedSocketId)
      report(`sites.${id}`, id, 'is the name of the shared socket; choose another id');
    if (user === undefined && mode !== 'shared')
      report(`sites.${id}.user`, user, 'missing: an isolated site’s socket belongs to a Unix user');
    for (const [index, domain] of (Array.isArray(domains) ? domains : []).entries()) {
      const owner = owners.get(String(domain));
      if (owner !== undefined)
        report(`sites.${id}.domains[${index}]`, domain, `belongs to sites.${owner} already`);
      owners.set(String(domain), id);
    }
  }
}
