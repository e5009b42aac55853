import {
  type HealthProblem,
  isNotice,
  type Page,
  PortcullisError,
  type Site,
  type Status,
} from '@portcullis/contracts';
import type { SitePart } from '@portcullis/core';
import type { AdminSessions } from '../admin-sessions.ts';
import { networkOf } from '../by-hand.ts';
import { type CampaignListParts, listCampaigns } from '../campaign-list.ts';
import type { Operations, SiteOperations } from '../operations.ts';
import type { SiteQueries, Viewer } from '../store/site-queries.ts';
import type { SiteDecisions } from './decisions.ts';
import type { SiteRegistry } from './registry.ts';
import type { SiteEvents } from './site-events.ts';

export interface SiteOperationsParts {
  readonly version: string;
  readonly registry: SiteRegistry;
  readonly queries: SiteQueries;
  readonly decisions: SiteDecisions;
  readonly events: SiteEvents;
  readonly host: Pick<Operations, 'status'>;
  readonly sessions: Pick<AdminSessions, 'note'>;
  /** Campaigns as the site's own lines show them. */
  readonly campaigns: (part: SitePart) => CampaignListParts;
  /** Whether lines of the site name a proxy in place of visitors. */
  readonly isProxied: (part: SitePart) => boolean;
}

/** What a site is told of the host's troubles: that there are, not which files, names or sites they are about. */
const sentences: Readonly<Record<HealthProblem['code'], string>> = {
  log_missing: 'A log file of the host is missing.',
  log_unreadable: 'A log file of the host cannot be read.',
  log_gap: 'A part of the host’s log could not be read.',
  firewall_failed: 'The firewall of the host does not take every ban.',
  ipv6_unenforced: 'The host does not enforce bans of IPv6 addresses.',
  store_degraded: 'The host cannot keep its records on the disk.',
  ignoreip_unresolved: 'A name in the host’s configuration does not resolve.',
  config_invalid: 'The host’s configuration has problems; the one of before goes on.',
  site_unserved: 'A site of the host has no socket.',
  enrichment_failed: 'Where addresses come from is not known.',
  report_undelivered: 'Reports of the host are not delivered.',
  // Of notices a site is told this one only, about itself.
  site_proxied:
    'The log has the addresses of a proxy in place of this site’s visitors, so nobody can be banned for it. Let the web server put the visitor’s address into REMOTE_ADDR (nginx real_ip, Apache mod_remoteip).',
  doubtful_evidence: 'Some evidence in the host’s log cannot be trusted and does not count.',
  site_beyond_measure: 'A site’s lines would ban more addresses than the host lets one site ban.',
  wrong_sender: 'Lines in the host’s log were not written by the user of the site that they name.',
};
const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

/**
 * The daemon as one site sees it, or as a sub-site does. `part` is the only thing that says which: nothing else that a
 * caller sends can name another.
 *
 * @throws PortcullisError forbidden where the sub-site is not one of the site's names
 */
export function createSiteOperations(
  {
    version,
    registry,
    queries,
    decisions,
    events,
    host,
    sessions,
    campaigns,
    isProxied,
  }: SiteOperationsParts,
  part: SitePart,
): SiteOperations {
  const { id, sub } = part;
  if (sub !== null && !registry.owns(part, sub)) {
    throw new PortcullisError(
      'forbidden',
      `${sub} is not among this site’s names, so nothing can be told of it.`,
      {
        hint: `The administrator of the host can register it with the site: --domain ${sub}.`,
      },
    );
  }
  const viewer = (): Viewer => registry.viewer(part);
  const decider = (user: string) => ({ ...part, user, rights: registry.get(id).rights });
  const lag = (status: Status) => Math.max(0, ...status.log.map(({ lag_seconds }) => lag_seconds));

  return {
    site() {
      const { domains, mode, rights } = registry.get(id);
      return {
        id,
        domains: sub === null ? [...domains] : [sub],
        mode,
        rights: [...rights],
        requests_open: queries.countOpenRequests(viewer()),
        last_event_at: iso(queries.lastEventAt(viewer())),
        log_lag_seconds: lag(host.status()),
        version,
      };
    },
    status() {
      const whole = host.status();
      const wanted = queries.countBansInForce(viewer());
      // As a rule the kernel holds all: only where it does not, whose bans are missing is looked up.
      const complete = whole.bans.enforced >= whole.bans.wanted;
      const codes = [...new Set(whole.problems.map(({ code }) => code))].filter(
        (code) => !isNotice({ code }) || (code === 'site_proxied' && isProxied(part)),
      );
      return {
        version,
        healthy: whole.healthy,
        problems: codes.map((code) => ({ code, sentence: sentences[code] })),
        firewall: whole.firewall,
        bans: {
          wanted,
          enforced: complete ? wanted : Math.min(queries.countActiveBans(viewer()), whole.bans.enforced),
          verified_at: whole.bans.verified_at,
          repairs: 0,
        },
        log: [],
        jails: [],
        started_at: whole.started_at,
      };
    },
    listBans: (query) => queries.bans(viewer(), query),
    getBan(ban) {
      const found = queries.ban(viewer(), ban);
      if (found !== undefined) return found;
      throw new PortcullisError('not_found', `This site has no ban ${ban}.`, {
        hint: 'It may have been deleted after the host’s retention.',
      });
    },
    unban(user, ip, { forget_history: forgetHistory, ...options }) {
      if (forgetHistory === true) {
        throw new PortcullisError('forbidden', 'Only the administrator forgets earlier bans.');
      }
      return decisions.unban(decider(user), ip, options);
    },
    listSites(query): Page<Site> {
      const page = queries.sites(viewer(), query);
      return { ...page, items: page.items.map((site) => ({ ...site, registered: id })) };
    },
    listAllowed: (query) => queries.allow(viewer(), query),
    allow: (user, entry) => decisions.allow(decider(user), entry),
    disallow: (user, entry) => decisions.disallow(decider(user), entry),
    listFailures: (query) => queries.failures(viewer(), query),
    stats: (query) => queries.stats(viewer(), query),
    ask: (user, request) => decisions.ask(decider(user), request),
    noteSession(user, ip) {
      const address = networkOf(ip);
      if (address.isSingle) return { until: iso(sessions.note(part, address, user))! };
      throw new PortcullisError('invalid_address', `${ip} is a network, and nobody works from all of it.`);
    },
    listRequests: (query) => queries.requests(viewer(), query),
    listCampaigns: (query) => listCampaigns(campaigns(part), query),
    listAudit: (query) => queries.audit(viewer(), query),
    subscribe: (listener) => events.subscribe(part, listener),
  };
}
