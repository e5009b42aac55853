import {
  type BanRecord,
  type Clock,
  type Compared,
  type Config,
  Detector,
  type Firewall,
  type Network,
  type Verdict,
  type ZoneClock,
} from '@portcullis/core';
import { AdminSessions } from './admin-sessions.ts';
import { ByHand } from './by-hand.ts';
import type { CampaignNews } from './campaign-news.ts';
import { Enforcer, type EnforcerOptions } from './enforcer.ts';
import type { EventHub } from './event-hub.ts';
import type { Stranger } from './evidence-watch.ts';
import type { ExemptionBook } from './exemptions.ts';
import { Holds, type HoldsOptions } from './holds.ts';
import { KnownGood } from './known-good.ts';
import { Pipeline, type PipelineOptions } from './pipeline.ts';
import { SelfTests } from './self-tests.ts';
import type { SiteRegistry } from './sites/registry.ts';
import { selectBans } from './store/ban-list.ts';
import { createKnownGoodTable } from './store/known-good.ts';
import type { Store } from './store/sqlite.ts';
import { VerdictRecorder } from './verdict-recorder.ts';

export interface DecidingOptions {
  /** What is configured now. */
  readonly config: () => Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly registry: SiteRegistry;
  readonly exemptions: ExemptionBook;
  readonly campaigns: CampaignNews;
  readonly firewall: () => Firewall;
  /** Any 32-bit number, for the tables that are hashed. */
  readonly seed: number;
  /** From 0 to 1, 1 excluded: for bans of random lengths. */
  readonly random: () => number;
  readonly systemOf: (address: Network) => number | null;
  readonly zone: ZoneClock;
  readonly newLogsSince: number;
  readonly hooks: Pick<EnforcerOptions, 'onApplied' | 'onRefusal'> &
    Required<Pick<PipelineOptions, 'begin' | 'later' | 'onCutLine' | 'onProxied'>> &
    Pick<HoldsOptions, 'tell'> & {
      /** A ban is recorded, in its transaction. */
      readonly onBan: (ban: BanRecord) => void;
      /** Lines led to bans: they may be applied now. */
      readonly onDecided: () => void;
      /** The administrator answered, or did not: what was held may be applied now. */
      readonly onHoldDecided: () => Promise<void>;
      readonly onDoubtful: (verdicts: readonly Verdict[], strangers: readonly Stranger[]) => void;
      /** A successful login was read and believed. */
      readonly onLogin?: (address: Network) => void;
    };
}

/** The parts that decide, from lines to bans in the store and in the firewall, and from an administrator's word. */
export function createDeciding(options: DecidingOptions) {
  const { config, store, clock, events, registry, exemptions, campaigns, hooks, systemOf } = options;
  const jails = () => config().jails;
  const jail = (name: string) => jails().find((each) => each.name === name);
  const isExempt = (network: Network, name: string) =>
    exemptions.covering(network, name, clock.now()) !== null;
  const detector = new Detector(jails(), exemptions.current, options.seed, campaigns.readers, systemOf);
  const lastFailureId = () => pipeline.lastFailureId;
  const enforcer = new Enforcer({
    store,
    get firewall() {
      return options.firewall();
    },
    clock,
    events,
    jail,
    onBan(ban) {
      campaigns.banned(ban);
      hooks.onBan(ban);
    },
    onEnd: (key) => recorder.drop(key),
    onApplied: hooks.onApplied,
    onRefusal: hooks.onRefusal,
  });
  const sessions = new AdminSessions({ clock, store, owns: (part, name) => registry.owns(part, name) });
  const knownGoodTable = createKnownGoodTable(store.db);
  const knownGood = new KnownGood({
    table: knownGoodTable,
    store,
    clock,
    settings: () => config().knownGood,
    detector,
    isAtWork: (address, site) => sessions.isAtWork(address, site),
    ownerOf: (site) => registry.owners.ownerOf(site),
  });
  store.db.beforeCommit(() => knownGood.save());
  const holds = new Holds({
    table: knownGoodTable,
    store,
    clock,
    detector,
    lastFailureId,
    settings: () => config().knownGood,
    hasJail: (name) => jail(name) !== undefined,
    isExempt,
    ban: (verdict, end) => recorder.enact(verdict, end),
    committed: hooks.onHoldDecided,
    tell: hooks.tell,
  });
  const compare = (network: Network, name: string): Compared => ({
    exemptions: exemptions.countBySource(name),
    exemptedBy: exemptions.against(network, name, clock.now())?.detail ?? null,
    logins: knownGood.describe(network).map(({ site, hours, known }) => ({ site, hours, known })),
  });
  const recorder = new VerdictRecorder({
    store,
    enforcer,
    clock,
    random: options.random,
    jail,
    innocents: {
      isExempt,
      holdsInnocent: (network, name, sites) =>
        exemptions.overlapping(network, name, clock.now()).length > 0 ||
        exemptions.touchedBySites(network, sites, clock.now()) ||
        knownGood.holdsKnown(network),
      isKnownAt: (address, site) => knownGood.isKnownAt(address, site),
    },
    judge(jailConfig, verdict, failures) {
      const judged = knownGood.judge(jailConfig, verdict, failures);
      if (judged.act === 'ban' || judged.act === 'hold') return holds.take(judged) ?? 'settled';
      return judged.act === 'wait' ? 'wait' : 'settled';
    },
    compare,
    factorOf: (failure) => knownGood.factorOf(failure),
  });
  const selfTests = new SelfTests({ clock, jails });
  const pipeline = new Pipeline({
    store,
    detector,
    clock,
    zone: options.zone,
    newLogsSince: options.newLogsSince,
    begin: hooks.begin,
    postpone: (verdict) => recorder.postpone(verdict),
    record: (verdicts, much) => recorder.record(verdicts, much),
    committed: hooks.onDecided,
    later: hooks.later,
    onDoubtful: hooks.onDoubtful,
    onCutLine: hooks.onCutLine,
    onProxied: hooks.onProxied,
    onLogin(address, line) {
      knownGood.login(address, line.site, line.user() ?? '', line.time);
      hooks.onLogin?.(address);
    },
    onSelfTest: (...line) => selfTests.arrived(...line),
  });
  const byHand = new ByHand({
    store,
    enforcer,
    detector,
    exemptions,
    compare,
    clock,
    jails,
    lastFailureId,
    onForget: (network, name) => knownGood.forget(network, name),
    matching: (query) => selectBans(store.db, query),
  });
  return {
    detector,
    enforcer,
    sessions,
    knownGood,
    knownGoodTable,
    holds,
    recorder,
    selfTests,
    pipeline,
    byHand,
  };
}
