import assert from 'node:assert/strict';
import {
  createZoneClock,
  type JournalPosition,
  journalLog,
  type LogChunk,
  type Network,
  parseConfig,
  type Sender,
  type SiteConfig,
  type Verdict,
} from '@portcullis/core';
import { Audience } from '../../packages/daemon/src/audience.ts';
import { CampaignNews } from '../../packages/daemon/src/campaign-news.ts';
import { createDeciding } from '../../packages/daemon/src/deciding.ts';
import { EventHub } from '../../packages/daemon/src/event-hub.ts';
import type { Stranger } from '../../packages/daemon/src/evidence-watch.ts';
import { createExec } from '../../packages/daemon/src/exec.ts';
import { ExemptionBook } from '../../packages/daemon/src/exemptions.ts';
import { createDryRun } from '../../packages/daemon/src/firewall/dry-run.ts';
import { Health } from '../../packages/daemon/src/health.ts';
import { Origins } from '../../packages/daemon/src/origins/origins.ts';
import { ReverseNames } from '../../packages/daemon/src/origins/reverse-names.ts';
import { SiteRegistry } from '../../packages/daemon/src/sites/registry.ts';
import { createSites } from '../../packages/daemon/src/sites/sites.ts';
import { createCampaignTable } from '../../packages/daemon/src/store/campaigns.ts';
import { createQueries } from '../../packages/daemon/src/store/queries.ts';
import { createStore } from '../../packages/daemon/src/store/sqlite.ts';

export const smallDaemonStart = Date.parse('2026-11-21T12:00:00Z');

/**
 * The daemon's own parts from lines to sites, in memory: no file, no socket, no timer, a clock that stands still until it
 * is moved, and a firewall that enforces nothing.
 *
 * @param options.hold what a read ends in waits for `passInstant`
 * @param options.systemOf the autonomous system of an address; left out: none is known
 */
export async function createSmallDaemon(
  configText: string,
  {
    hold = false,
    systemOf = () => null,
  }: { hold?: boolean; systemOf?: (address: Network) => number | null } = {},
) {
  const { config, problems } = parseConfig(configText);
  assert.deepEqual(problems, []);
  assert.ok(config !== null);
  let configured: readonly SiteConfig[] = config.sites;
  const clock = {
    time: smallDaemonStart,
    now() {
      return this.time;
    },
  };
  const store = createStore({
    path: ':memory:',
    clock,
    retention: { historyMs: null, failuresMs: null, auditMs: null },
  });
  const health = new Health(() => {});
  const events = new EventHub(clock);
  const registry = new SiteRegistry({ store, configured: () => configured, seen: store.siteTable });
  const jails = () => config.jails;
  const exemptions = new ExemptionBook({
    store,
    health,
    jails,
    ownerOf: (site) => registry.owners.ownerOf(site),
  });
  const audience = new Audience({
    ownerOf: (site) => registry.owners.ownerOf(site),
    isRegistered: (id) => registry.find(id) !== undefined,
    placesOf: () => [],
    places: () => [],
  });
  const campaigns = new CampaignNews({
    config: config.campaigns,
    seed: 1,
    systemOf,
    placeOf: () => ({ asn: null, as_name: null }),
    clock,
    table: createCampaignTable(store.db),
    transaction: store.transaction,
    audience,
    events,
    tell: () => {},
  });
  const firewall = createDryRun(clock);
  await firewall.install(config.jails.map(({ name }) => name));
  const waiting: (() => void)[] = [];
  const doubted: Verdict[] = [];
  const strangers: Stranger[] = [];
  const loggedIn: string[] = [];
  const { detector, enforcer, sessions, knownGoodTable, holds, recorder, selfTests, pipeline, byHand } =
    createDeciding({
      config: () => config,
      store,
      clock,
      events,
      registry,
      exemptions,
      campaigns,
      firewall: () => firewall,
      seed: 1,
      random: () => 0,
      systemOf,
      zone: createZoneClock('UTC'),
      newLogsSince: 0,
      hooks: {
        onBan: () => {},
        onApplied: () => {},
        onRefusal: (error) => assert.fail(error),
        begin: () => {},
        onDecided: () => {},
        onHoldDecided: () => enforcer.flush(),
        later: (work) => (hold ? waiting.push(work) : work()),
        onDoubtful(verdicts, found) {
          doubted.push(...verdicts);
          strangers.push(...found);
        },
        onCutLine: () => {},
        onLogin: (address) => loggedIn.push(String(address)),
        onProxied: () => {},
        tell: () => {},
      },
    });
  const changed = () => {
    detector.exempt(exemptions.current);
    audience.forget();
  };
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const sites = createSites({
    version: '0.1.0',
    runDir: config.runDir,
    registry,
    store,
    clock,
    log: silent,
    health,
    events,
    exec: createExec(),
    enforcer,
    detector,
    exemptions,
    origins: new Origins({
      settings: () => config.enrichment,
      reverseNames: new ReverseNames({ clock }),
      onTrouble: (_, sentence) => assert.equal(sentence, null),
    }),
    byHand,
    sessions,
    jails,
    sharedGroup: () => config.sharedGroup,
    settle: (key) => recorder.settleOne(key),
    host: () => ({
      status: () => ({
        version: '0.1.0',
        healthy: true,
        problems: health.problems,
        firewall: 'dry-run',
        bans: { wanted: 999, enforced: 999, verified_at: null, repairs: 5 },
        log: [],
        jails: [],
        started_at: new Date(smallDaemonStart).toISOString(),
      }),
    }),
    changed,
    campaigns: campaigns.readers,
    readersChanged: () => campaigns.readersChanged(),
  });
  sites.refresh();
  let offset = 0;
  let entry = 0;
  return {
    clock,
    store,
    firewall,
    detector,
    byHand,
    registry,
    exemptions,
    sites,
    selfTests,
    events,
    health,
    /** Who would have been banned but for doubts, and lines of the wrong user: what was told so far. */
    doubted,
    strangers,
    /** The addresses of successful logins that were believed. */
    loggedIn,
    /** Reads lines, and carries what they lead to to the firewall. */
    async read(...lines: string[]): Promise<void> {
      const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
      const file: LogChunk['file'] = { log: '/log', path: '/log', device: 1, inode: 1, head: '1:00' };
      pipeline.chunk({ file, offset, bytes, last: false });
      offset += bytes.length;
      // As a source does that uses its memory again.
      bytes.fill(0x58);
      await enforcer.flush();
    },
    /** The same of lines of the journal, by the word of which a user and a process sent them. */
    async readJournal(sender: Sender, ...lines: string[]): Promise<void> {
      const entries = lines.map((line) => {
        const position: JournalPosition = {
          log: journalLog,
          cursor: `c${++entry}`,
          realtime: clock.now() * 1_000,
        };
        return { line: new TextEncoder().encode(line), cut: false, sender, position };
      });
      pipeline.entries({ entries, position: entries.at(-1)!.position });
      await enforcer.flush();
    },
    /** Every ban so far, ended ones too, and every one that was held. */
    bans: () => createQueries(store, clock).bans({ state: 'all', limit: 1_000 }).items,
    holds: () => (['open', 'made'] as const).flatMap((state) => holds.list({ state, limit: 1_000 }).items),
    /** Moves the clock on, and ends on the way what ends by then: bans, and waiting for an answer. */
    pass(time: number): void {
      const next = () =>
        Math.min(store.nextBanEnd() ?? time + 1, ...knownGoodTable.openHolds().map(({ until }) => until));
      for (let end = next(); end <= time; end = next()) {
        clock.time = end;
        store.transaction(() => enforcer.end(store.bansDue(end, 1_000), 'expired'));
        holds.endDue();
      }
      clock.time = time;
    },
    /** Lets the instant of what was read last be over. */
    passInstant(): void {
      for (const work of waiting.splice(0)) work();
    },
    /** Takes other sites from the configuration. */
    configure(next: readonly SiteConfig[]): void {
      configured = next;
      sites.refresh();
    },
    [Symbol.dispose]() {
      recorder.stop();
      holds.stop();
      store.close();
    },
  };
}

export type SmallDaemon = Awaited<ReturnType<typeof createSmallDaemon>>;
