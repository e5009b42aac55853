import path from 'node:path';
import { PortcullisError } from '@portcullis/contracts';
import {
  type Clock,
  type Config,
  createProxies,
  createZoneClock,
  type Firewall,
  hostReader,
  type Network,
} from '@portcullis/core';
import { listenAdmin } from './api/admin-socket.ts';
import type { Listening } from './api/socket.ts';
import { Audience } from './audience.ts';
import { networkOf } from './by-hand.ts';
import { CampaignNews } from './campaign-news.ts';
import { createDeciding } from './deciding.ts';
import { EventHub } from './event-hub.ts';
import { createEventLog } from './event-log.ts';
import { EvidenceWatch } from './evidence-watch.ts';
import { createExec } from './exec.ts';
import { ExemptionBook } from './exemptions.ts';
import { Expiry } from './expiry.ts';
import { Connections } from './firewall/connections.ts';
import { createFirewall } from './firewall/firewall.ts';
import { Health } from './health.ts';
import { createOperations } from './live-operations.ts';
import type { Logger } from './log.ts';
import { LogReading } from './log-reading.ts';
import { Origins } from './origins/origins.ts';
import { ReverseNames } from './origins/reverse-names.ts';
import { withOrigins } from './origins/with-origins.ts';
import { createPeriodicReports } from './periodic-reports.ts';
import { ProxiedSites } from './proxied-sites.ts';
import { Reconciler } from './reconciler.ts';
import { recount } from './recount.ts';
import { releaseMemory } from './release-memory.ts';
import { releaseProgramPages } from './release-pages.ts';
import { Reports } from './reporters/reports.ts';
import { createSilentSites } from './reporters/silent-sites.ts';
import { SiteRegistry } from './sites/registry.ts';
import { createSites } from './sites/sites.ts';
import { createCampaignTable } from './store/campaigns.ts';
import { readNewestBans } from './store/newest-bans.ts';
import { createStore } from './store/sqlite.ts';

export const version = '0.1.0';

/** How often addresses outside findtime are forgotten, old records deleted, and names resolved again, in milliseconds. */
const sweepInterval = 10_000;
const pruneInterval = 60_000;
const resolveInterval = 5 * 60_000;
/** How often sites that fell silent are looked for, in milliseconds; not before the log was read to its end. */
const silenceInterval = 10 * 60_000;
/** How often `auto` looks whether a log file is still written, in milliseconds. */
const sourceInterval = 10 * 60_000;
/** How often the end of the audit log is told to the daemon's own log, in milliseconds, where it is another one. */
const auditInterval = 60 * 60_000;
export interface AppOptions {
  readonly config: Config;
  /** Reads the configuration anew, for `reload`. */
  readonly readConfig: () => Config;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface App {
  start(): Promise<void>;
  /** Takes a new configuration: what did not change goes on untouched. A wrong file changes nothing. */
  reload(): Promise<void>;
  /** Ends within 5 s. Bans stay in the kernel, or go, as `on_stop` says. */
  stop(): Promise<void>;
  /** Lets go of everything after a start that failed; the kernel stays as it is. */
  abandon(): Promise<void>;
}

/** The composition root: every part of the daemon, once, and the order in which they start and stop. */
export function createApp(options: AppOptions): App {
  const { log, clock = { now: () => Date.now() } } = options;
  let { config } = options;
  const startedAt = clock.now();
  const events = new EventHub(clock);
  const health = new Health((problem, over) => {
    if (over) log.info({ code: problem.code }, `over: ${problem.sentence}`);
    else log.warn({ code: problem.code }, problem.sentence);
    events.publish('problem', { ...problem, over });
  });
  const store = createStore({
    path: path.join(config.stateDir, 'portcullis.db'),
    clock,
    retention: {
      get historyMs() {
        return config.retention.history;
      },
      get failuresMs() {
        return config.retention.failures;
      },
      get auditMs() {
        return config.retention.audit;
      },
    },
    onDegraded: (sentence) => health.set('store_degraded', '', sentence),
  });
  if (store.degraded !== null) health.set('store_degraded', '', store.degraded);

  events.subscribe(createEventLog(log));
  const jails = () => config.jails;
  const longestFindtime = () => Math.max(...config.jails.map(({ findtime }) => findtime));
  const registry = new SiteRegistry({ store, configured: () => config.sites, seen: store.siteTable });
  const exemptions = new ExemptionBook({
    store,
    health,
    jails,
    proxies: () => createProxies(config.proxies),
    ownerOf: (site) => registry.owners.ownerOf(site),
  });
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  const origins = new Origins({
    settings: () => config.enrichment,
    reverseNames: new ReverseNames({ clock }),
    onTrouble: (subject, sentence) => health.set('enrichment_failed', subject, sentence),
  });
  const systemOf = (address: Network) => origins.systemOf(address);
  const audience = new Audience({
    ownerOf: (site) => registry.owners.ownerOf(site),
    isRegistered: (id) => registry.find(id) !== undefined,
    placesOf: (site) => reports.placesOf(site),
    places: () => reports.destinations,
  });
  const campaignTable = createCampaignTable(store.db);
  const campaigns = new CampaignNews({
    config: config.campaigns,
    seed,
    systemOf,
    placeOf: (network) => origins.placeOf(network),
    clock,
    table: campaignTable,
    transaction: store.transaction,
    audience,
    events,
    tell: (reader, event) => reports.tellReader(reader, event),
  });
  const reports = new Reports({
    outbox: store.outbox,
    clock,
    random: Math.random,
    credentials: process.env['CREDENTIALS_DIRECTORY'],
    ownerOf: (site) => registry.owners.ownerOf(site),
    originOf: (ip) => origins.placeOf(networkOf(ip)),
    readerOf: (destination) => audience.readerOf(destination),
    log,
    onTrouble: (destination, sentence) => health.set('report_undelivered', destination, sentence),
  });
  events.subscribe((event) => reports.hear(event));
  const watchSilence = createSilentSites({
    outbox: store.outbox,
    clock,
    silentAfter: () => config.reports.silentAfter,
    lastSeen: store.siteTable.lastSeen,
    isRegistered: (site) => registry.owners.ownerOf(site) !== null,
    tell: (event) => reports.tell(event),
  });
  const exec = createExec();
  const createConnections = () =>
    new Connections({
      config: config.firewall,
      exec,
      onClosed: (closed) => log.debug({ closed }, 'Closed connections of banned addresses.'),
      onTrouble: (sentence) => log.warn(sentence),
    });
  let connections = createConnections();
  let firewall: Firewall;
  let socket: Listening | null = null;
  const timers = new Set<NodeJS.Timeout>();
  let stopping = false;
  let toldAuditHead = 0;

  const { detector, enforcer, sessions, knownGood, holds, recorder, selfTests, pipeline, byHand } =
    createDeciding({
      config: () => config,
      store,
      clock,
      events,
      registry,
      exemptions,
      campaigns,
      firewall: () => firewall,
      seed,
      random: Math.random,
      systemOf,
      zone: createZoneClock(Temporal.Now.timeZoneId()),
      newLogsSince: startedAt - longestFindtime(),
      hooks: {
        onBan: (ban) => reports.banned(ban),
        onApplied(begun, ended) {
          reconciler.applied();
          connections.unbanned(ended.map(({ network }) => network));
          connections.banned(begun);
        },
        onRefusal(error) {
          health.set('firewall_failed', '', `The firewall refused a change: ${error.message}`);
          reconciler.suspect();
        },
        begin: () => expiry.followClock(),
        onDecided: () => void apply(),
        onHoldDecided: apply,
        later: (work, delay) => setTimeout(work, delay),
        onDoubtful(verdicts, strangers) {
          evidenceWatch.doubtful(verdicts);
          evidenceWatch.strangers(strangers);
        },
        onCutLine: (file) =>
          log.warn({ file }, 'A line was longer than 16 KiB and was cut; it counts for nothing.'),
        onProxied: (address, line) => proxiedSites.failed(address, line.site, line.count),
        tell: (event) => reports.tell(event),
      },
    });
  const proxiedSites = new ProxiedSites({ clock, health, exemptions, tell: (event) => reports.tell(event) });
  const expiry = new Expiry({ store, enforcer, clock, log, settle: () => recorder.settle() });
  const reconciler = new Reconciler({
    store,
    get firewall() {
      return firewall;
    },
    enforcer,
    clock,
    events,
    health,
    jails: () => config.jails.map(({ name }) => name),
    endDue: () => expiry.endDue(),
  });
  const evidenceWatch = new EvidenceWatch({ detector, health, clock });
  const reading = new LogReading({
    settings: () => config.log,
    longestFindtime,
    store,
    pipeline,
    health,
    exec,
    clock,
    log,
  });
  const sites = createSites({
    version,
    runDir: config.runDir,
    registry,
    store,
    clock,
    log,
    health,
    events,
    exec,
    enforcer,
    detector,
    exemptions,
    origins,
    byHand,
    sessions,
    proxied: () => proxiedSites.names(),
    campaigns: campaigns.readers,
    jails,
    sharedGroup: () => config.sharedGroup,
    settle: (key) => recorder.settleOne(key),
    host: () => operations,
    changed() {
      detector.exempt(exemptions.current);
      reports.sitesChanged();
      audience.forget();
      expiry.schedule();
    },
    readersChanged: () => campaigns.readersChanged(),
  });
  const periodicReports = createPeriodicReports({
    store,
    clock,
    reports,
    origins,
    ownerOf: (site) => registry.owners.ownerOf(site),
    settings: () => config.reports,
    isBehind: () => reading.behind,
    onFailure: (error) => log.error({ error: String(error) }, 'A periodic report could not be made.'),
  });
  const hostOperations = createOperations({
    version,
    startedAt,
    clock,
    store,
    detector,
    campaigns: campaigns.readers.host,
    bansOfCampaign: (campaign) => campaignTable.countBans(hostReader, campaign, 'in_force'),
    placeOf: (network) => origins.placeOf(network),
    byHand,
    exemptions,
    reconciler,
    pipeline,
    events,
    health,
    registry,
    reports,
    periodicReports,
    selfTests,
    sites,
    holds,
    loginsOf: (network) => knownGood.describe(network),
    backend: () => firewall.backend,
    lag: () => reading.lag(),
    changed: () => expiry.schedule(),
  });
  const operations = withOrigins(hostOperations, {
    origins,
    newestBans: ({ since, site }) =>
      readNewestBans(store.db, { since, sites: site === undefined ? undefined : [site] }),
  });

  // ─── Upkeep ───────────────────────────────────────────────────────────────────────────────────────────────────

  function apply(): Promise<void> {
    expiry.schedule();
    return enforcer.flush();
  }

  function every(interval: number, work: () => void): void {
    timers.add(setInterval(work, interval));
  }

  function prune(): void {
    if (store.prune(clock.now()) && !stopping) setImmediate(prune);
  }

  function sweep(): void {
    if (reading.behind) return;
    detector.sweep(clock.now());
    campaigns.check();
  }

  /** Takes what is configured now. */
  async function configureReports(): Promise<void> {
    await reports.configure(config.destinations);
    audience.forget();
    campaigns.readersChanged();
  }

  function refreshExemptions(): void {
    exemptions.refresh();
    detector.exempt(exemptions.current);
  }

  /** Counts anew what the store remembers, in jails that begin anew. What is due by now is banned. */
  function countAgain(names: readonly string[]): void {
    const now = clock.now();
    const since = now - longestFindtime();
    const due = recount({
      store,
      detector,
      jails: new Set(names),
      since,
      now,
      release: releaseMemory,
    }).filter(({ network, jail }) => exemptions.covering(network, jail, now) === null);
    if (due.length > 0) store.transaction(() => recorder.record(due));
  }

  // ─── Start, reload, stop ──────────────────────────────────────────────────────────────────────────────────────

  /** Stops reading, then applies what was read, then stops answering. */
  async function halt(): Promise<void> {
    stopping = true;
    for (const timer of timers) clearInterval(timer);
    expiry.stop();
    holds.stop();
    reconciler.stop();
    await reading.stop();
    await periodicReports.stop();
    recorder.stop();
    await enforcer.flush();
    firewall?.close();
    await connections.stop();
    await sites.close();
    await socket?.close();
    origins.close();
  }

  /** The configuration of before goes on; health and the log say every problem of the new one. */
  function refuseReload(error: unknown): void {
    const sentence = error instanceof Error ? error.message : String(error);
    const problems = error instanceof PortcullisError ? error.problems.map(({ message }) => message) : [];
    const hint = error instanceof PortcullisError && problems.length === 0 ? (error.hint ?? '') : '';
    const details = problems.length > 0 ? `${problems.join('; ')}.` : hint;
    health.set('config_invalid', '', `${sentence} The configuration of before goes on. ${details}`.trim());
    reports.tell({
      kind: 'reload_failed',
      problems: problems.length > 0 ? problems : [`${sentence} ${hint}`.trim()],
    });
    log.error({ problems }, `Not reloaded: ${sentence}`);
  }

  const countBans = (): number =>
    store
      .countBansInForce()
      .values()
      .reduce((sum, bans) => sum + bans, 0);

  /** Outside the database, where the journal may be sent on to another host, it proves that nobody made the log anew. */
  function tellAuditHead(): void {
    const head = store.auditChain.head();
    if (head === null || head.id === toldAuditHead) return;
    toldAuditHead = head.id;
    log.info({ audit_head: `${head.id}:${head.hash}` }, 'The audit log has come to this entry.');
  }

  function audit(action: 'start' | 'stop' | 'reload', detail: string): void {
    const at = new Date(clock.now()).toISOString();
    store.transaction(() => store.addAudit({ at, actor: 'daemon', action, ip: null, jail: null, detail }));
  }

  return {
    async start() {
      registry.refresh();
      refreshExemptions();
      await configureReports();
      firewall = await createFirewall(config.firewall, exec, clock);
      byHand.endOfRemovedJails();
      await reconciler.install();
      await reconciler.verify();
      await exemptions.resolve();
      detector.exempt(exemptions.current);
      byHand.liftExempt();
      countAgain(config.jails.map(({ name }) => name));
      await enforcer.flush();
      socket = await listenAdmin(config.runDir, operations, log);
      await sites.sync();
      await reading.start();
      reconciler.start();
      expiry.schedule();
      holds.endDue();
      every(sweepInterval, sweep);
      every(sweepInterval, () => evidenceWatch.check());
      every(pruneInterval, prune);
      every(sourceInterval, () => void reading.check());
      every(pruneInterval, () => void sites.check());
      every(pruneInterval, () => void periodicReports.check());
      every(silenceInterval, watchSilence);
      every(pruneInterval, refreshExemptions);
      every(resolveInterval, () => knownGood.prune());
      every(resolveInterval, () => proxiedSites.sweep());
      every(resolveInterval, () => void exemptions.resolve().then(() => detector.exempt(exemptions.current)));
      every(auditInterval, tellAuditHead);
      audit('start', `version ${version}`);
      tellAuditHead();
      reports.tell({ kind: 'start', version, firewall: firewall.backend, bans: countBans() });
      void reading.settled().then(() => {
        releaseMemory();
        releaseProgramPages();
        if (!stopping) void periodicReports.check();
      });
      log.info(
        { firewall: firewall.backend, jails: config.jails.map(({ name }) => name) },
        'Portcullis is running.',
      );
    },

    async reload() {
      const replaced = firewall;
      let next: Config;
      let nextFirewall = firewall;
      try {
        next = options.readConfig();
        if (JSON.stringify(next.firewall) !== JSON.stringify(config.firewall)) {
          nextFirewall = await createFirewall(next.firewall, exec, clock);
        }
      } catch (error) {
        refuseReload(error);
        return;
      }
      if (next.stateDir !== config.stateDir || next.runDir !== config.runDir) {
        log.warn('state_dir and run_dir change only with a restart; the ones of before go on.');
      }
      const before = config;
      config = { ...next, stateDir: before.stateDir, runDir: before.runDir };
      sites.refresh();
      origins.refresh();
      await configureReports();
      await exemptions.resolve();
      campaigns.configure(config.campaigns);
      countAgain(detector.reconfigure(config.jails, exemptions.current));
      byHand.endOfRemovedJails();
      byHand.liftExempt();
      await enforcer.exclusively(async () => {
        if (nextFirewall !== replaced) connections = createConnections();
        firewall = nextFirewall;
        if (nextFirewall !== replaced) replaced.close();
        reconciler.changed();
        if (firewall.backend === replaced.backend) return;
        log.info(`The firewall is ${firewall.backend} now.`);
        // The others take over what they find; this one would leave it in the kernel for ever.
        if (firewall.backend === 'dry-run') await replaced.uninstall();
      });
      await reconciler.verify();
      expiry.schedule();
      await sites.sync();
      if (JSON.stringify(before.log) !== JSON.stringify(config.log)) await reading.restart();
      health.set('config_invalid', '', null);
      audit('reload', config.jails.map(({ name }) => name).join(', '));
      events.publish('reload', { jails: config.jails.map(({ name }) => name) });
      log.info('Reloaded.');
    },

    async stop() {
      await halt();
      if (config.onStop === 'remove') await enforcer.exclusively(() => firewall.uninstall());
      audit(
        'stop',
        config.onStop === 'keep' ? 'bans stay in the kernel' : 'bans are removed from the kernel',
      );
      tellAuditHead();
      reports.tell({ kind: 'stop', bans: countBans(), kept: config.onStop === 'keep' });
      await reports.stop();
      store.close();
      log.info('Portcullis has stopped.');
    },

    async abandon() {
      await halt();
      await reports.stop();
      store.close();
    },
  };
}
