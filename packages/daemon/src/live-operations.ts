import { setImmediate } from 'node:timers/promises';
import {
  type AuditVerification,
  type Exemption,
  isNotice,
  type Jail,
  type Page,
  PortcullisError,
  type Status,
  type Why,
} from '@portcullis/contracts';
import type { Campaigns, Clock, Detector, LogLag, Network } from '@portcullis/core';
import { type ByHand, networkOf } from './by-hand.ts';
import { type CampaignListParts, listCampaigns, type PlaceOf } from './campaign-list.ts';
import type { EventHub } from './event-hub.ts';
import type { ExemptionBook } from './exemptions.ts';
import type { Health } from './health.ts';
import type { Holds } from './holds.ts';
import { createMetrics } from './metrics.ts';
import type { Operations } from './operations.ts';
import type { PeriodicReports } from './periodic-reports.ts';
import type { Pipeline } from './pipeline.ts';
import type { Reconciler } from './reconciler.ts';
import type { Reports } from './reporters/reports.ts';
import { rulesOf } from './rules-of.ts';
import type { SelfTests } from './self-tests.ts';
import type { SiteRegistry } from './sites/registry.ts';
import type { Sites } from './sites/sites.ts';
import { createQueries } from './store/queries.ts';
import type { Store } from './store/sqlite.ts';

/** Ended bans that `why` shows. */
const maxHistory = 20;

export interface LiveParts {
  readonly version: string;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly store: Store;
  readonly detector: Detector;
  readonly campaigns: Campaigns;
  readonly bansOfCampaign: CampaignListParts['bansOf'];
  readonly placeOf: PlaceOf;
  readonly byHand: ByHand;
  readonly exemptions: ExemptionBook;
  readonly reconciler: Reconciler;
  readonly pipeline: Pipeline;
  readonly events: EventHub;
  readonly health: Health;
  readonly registry: SiteRegistry;
  readonly reports: Pick<Reports, 'test'>;
  readonly periodicReports: PeriodicReports;
  readonly selfTests: SelfTests;
  readonly sites: Sites;
  readonly holds: Holds;
  /** Where an address is known. */
  readonly loginsOf: (network: Network) => NonNullable<Why['logins']>;
  readonly backend: () => string;
  readonly lag: () => readonly LogLag[];
  /** Called when bans have changed: their ends may be others. */
  readonly changed: () => void;
}

const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

/** The operations of a running daemon: reads from the store and the counters, decisions through `ByHand`. */
export function createOperations(parts: LiveParts): Operations {
  const { store, clock, detector, byHand, exemptions, reconciler, pipeline, health, sites } = parts;
  const queries = createQueries(store, clock);
  const bansByJail = () => store.countBansInForce();
  const afterwards = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    detector.exempt(exemptions.current);
    parts.changed();
    return result;
  };

  function status(): Status {
    const bans = bansByJail();
    const now = clock.now();
    const { problems } = health;
    return {
      version: parts.version,
      healthy: problems.every(isNotice),
      problems,
      firewall: parts.backend(),
      bans: {
        wanted: [...bans.values()].reduce((sum, number) => sum + number, 0),
        enforced: reconciler.enforced,
        verified_at: iso(reconciler.verifiedAt),
        repairs: reconciler.repairs,
      },
      log: parts.lag().map(({ log, offset, waitingSince }) => ({
        path: log,
        offset,
        lag_seconds: waitingSince === null ? 0 : Math.max(0, now - waitingSince) / 1000,
        last_event_at: iso(pipeline.lastEventAt.get(log) ?? null),
      })),
      jails: detector.jails.map(({ config, jail }) => ({
        name: config.name,
        key: config.key,
        bans: bans.get(config.name) ?? 0,
        tracked: jail.tracked,
        failures: jail.counted,
      })),
      campaigns: parts.campaigns.lasting,
      started_at: new Date(parts.startedAt).toISOString(),
    };
  }

  function listJails(): Page<Jail> {
    const bans = bansByJail();
    const items = detector.jails.map(({ config, jail }): Jail => {
      return {
        name: config.name,
        filters: [...config.filters],
        maxretry: config.maxretry,
        findtime_seconds: config.findtime / 1000,
        bantime_seconds: config.bantime === null ? -1 : config.bantime / 1000,
        bantime_increment: config.increment,
        key: config.key,
        ipv4_prefix: config.ipv4Prefix,
        ipv6_prefix: config.ipv6Prefix,
        bans: bans.get(config.name) ?? 0,
        tracked: jail.tracked,
        max_tracked: config.maxTracked,
        evicted: jail.evicted,
        failures: jail.counted,
      };
    });
    return { items, next: null, total: items.length };
  }

  /** What sites allow for their own lines: it exempts from nothing that others write. */
  const allowedBySites = (network: Network): Exemption[] =>
    store
      .allowEntries()
      .filter(
        ({ site, until, ip }) =>
          site !== null &&
          (until === null || Date.parse(until) > clock.now()) &&
          networkOf(ip).overlaps(network),
      )
      .map(({ site, ip }) => ({
        ip,
        source: 'allow' as const,
        detail: `${ip} is allowed by the site ${site}, for its own lines only`,
      }));

  function why(ip: string): Why {
    const network = networkOf(ip);
    const bans = store.bansOverlapping(network);
    const { failures, sites, ignored, recent } = queries.failuresOf(network);
    const history = queries.bans({ ip, state: 'ended', sort: '-since', limit: maxHistory });
    const found = exemptions.overlapping(network, null, clock.now());
    return {
      ip: String(network),
      banned: bans.length > 0,
      bans: bans.map(({ id }) => queries.ban(id)),
      history: history.items.map(({ id }) => queries.ban(id)),
      exemptions: [
        ...found.map(({ network: exempt, source, detail }) => ({ ip: String(exempt), source, detail })),
        ...allowedBySites(network),
      ],
      compared: { ...exemptions.countBySource(null) },
      failures,
      sites,
      not_counted: ignored,
      recent_failures: [...recent],
      jails: rulesOf(network, detector.jails, store),
      campaigns: parts.campaigns.of(network).map(({ id, addresses, endedAt }) => {
        return { id, addresses, lasting: endedAt === null };
      }),
      logins: parts.loginsOf(network),
      held: parts.holds.of(network),
      advice: bans.length > 0 ? `portcullis unban ${network}` : null,
    };
  }

  return {
    status,
    listBans: (query) => queries.bans(query),
    getBan: (id) => queries.ban(id),
    ban: (actor, ban) => afterwards(byHand.ban(actor, ban)),
    unban: (actor, ip, options) => afterwards(byHand.unban(actor, ip, options)),
    unbanAll: (actor, options) => afterwards(byHand.unbanAll(actor, options)),
    listSites(query) {
      const page = queries.sites(query);
      const { owners } = parts.registry;
      return {
        ...page,
        items: page.items.map((site) => ({ ...site, registered: owners.ownerOf(site.name) })),
      };
    },
    listJails,
    listAllowed: (query) => queries.allow(query),
    allow: (actor, entry) => afterwards(byHand.allow(actor, entry)),
    disallow: (actor, id) => afterwards(byHand.disallow(actor, id)),
    listFailures: (query) => queries.failures(query),
    stats: (query) => queries.stats(query),
    why,
    listRequests: (query) => queries.requests(query),
    answerRequest: (actor, id, state) => afterwards(sites.answerRequest(actor, id, state)),
    listHolds: (query) => parts.holds.list(query),
    answerHold: (actor, id, state) => afterwards(parts.holds.answer(actor, id, state)),
    listRegistrations: (query) => sites.registrations.list(query),
    register: (actor, site) => sites.registrations.add(actor, site),
    unregister: (actor, id) => sites.registrations.remove(actor, id),
    issueToken: (actor, id) => sites.registrations.issueToken(actor, id),
    revokeToken: (actor, id) => sites.registrations.revokeToken(actor, id),
    report: (query) => parts.periodicReports.report(query),
    sendReport: (report) => parts.periodicReports.send(report),
    testReport: (test) => parts.reports.test(test),
    beginSelfTest: () => parts.selfTests.begin(),
    getSelfTest: (id) => parts.selfTests.get(id),
    listCampaigns(query) {
      const { campaigns, placeOf, bansOfCampaign: bansOf } = parts;
      return listCampaigns({ campaigns: campaigns.list(), placeOf, bansOf }, query);
    },
    listAudit: (query) => queries.audit(query),
    verifyAudit: ({ copy }) => verifyAudit(store, copy),
    subscribe: (listener) => parts.events.subscribe(listener),
    metrics: createMetrics({ status, lines: () => pipeline.lines, failures: () => pipeline.failures }),
  };
}

/** @param copy `<id>:<hash>`. @throws PortcullisError unavailable while the records are in memory */
function verifyAudit(store: Store, copy: string | undefined): Promise<AuditVerification> {
  if (store.degraded !== null) {
    throw new PortcullisError('unavailable', `The audit log cannot be verified now: ${store.degraded}`);
  }
  const [id, hash] = copy?.split(':') ?? [];
  const head = id === undefined || hash === undefined ? null : { id: Number(id), hash };
  return store.auditChain.verify(head, () => setImmediate());
}
