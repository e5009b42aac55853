import type { Ban } from '@portcullis/contracts';
import {
  type CampaignReaders,
  type Clock,
  type Detector,
  type JailConfig,
  type Network,
  type SitePart,
  siteActor,
} from '@portcullis/core';
import type { AdminSessions } from '../admin-sessions.ts';
import type { ApiLog } from '../api/server.ts';
import { createSiteServer, type SiteEntry, type SiteServer } from '../api/site-server.ts';
import { Bucket, refuse } from '../api/throttle.ts';
import { ownerOfToken } from '../api/token.ts';
import type { ByHand } from '../by-hand.ts';
import type { Enforcer } from '../enforcer.ts';
import type { EventHub } from '../event-hub.ts';
import type { Exec } from '../exec.ts';
import type { ExemptionBook } from '../exemptions.ts';
import type { Health } from '../health.ts';
import type { Operations } from '../operations.ts';
import type { Origins } from '../origins/origins.ts';
import { withOrigins } from '../origins/with-origins.ts';
import { createCampaignTable } from '../store/campaigns.ts';
import { readNewestBans } from '../store/newest-bans.ts';
import { createSiteQueries } from '../store/site-queries.ts';
import type { Store } from '../store/sqlite.ts';
import { SiteDecisions } from './decisions.ts';
import { Registrations } from './registrations.ts';
import type { RegisteredSite, SiteRegistry } from './registry.ts';
import { createRequests } from './requests.ts';
import { createSiteEvents } from './site-events.ts';
import { createSiteOperations } from './site-operations.ts';
import { SiteSockets } from './sockets.ts';
import { createUnixNames } from './unix-names.ts';

/**
 * Changes that one site may make in an hour, and at once: bans that end, entries of the allow list, requests. Enough for a
 * bulk action. Each writes to the disk and into the audit log, which must not be filled by one site alone.
 */
export const changesAnHour = 500;

export interface SitesOptions {
  readonly version: string;
  readonly runDir: string;
  readonly registry: SiteRegistry;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: ApiLog;
  readonly health: Health;
  readonly events: EventHub;
  readonly exec: Exec;
  readonly enforcer: Enforcer;
  readonly detector: Detector;
  readonly exemptions: ExemptionBook;
  readonly origins: Origins;
  readonly byHand: ByHand;
  readonly sessions: Pick<AdminSessions, 'note' | 'knows'>;
  /** Names whose lines name a proxy in place of visitors. */
  readonly proxied?: () => readonly string[];
  /** Campaigns as each site's own lines show them; left out: none are looked for. */
  readonly campaigns?: CampaignReaders;
  readonly jails: () => readonly JailConfig[];
  readonly sharedGroup: () => string;
  readonly settle: (key: string) => void;
  /** The host's own operations. */
  readonly host: () => Pick<Operations, 'status'>;
  /** Called when bans or exemptions have changed. */
  readonly changed: () => void;
  /** Called when who is registered, or with which names, has changed. */
  readonly readersChanged?: () => void;
}

/** Everything about registered sites: what they see, decide and ask for, and the sockets through which they do. */
export function createSites(options: SitesOptions) {
  const { registry, store, clock, log, health, events, exemptions, host } = options;
  const queries = createSiteQueries(store, clock);
  const campaignTable = createCampaignTable(store.db);
  const names = createUnixNames(options.exec);
  const owns = (part: SitePart, name: string) => registry.owns(part, name);
  const changes = new Map<string, Bucket>();

  function takeChanges(id: string, count: number): void {
    const bucket = changes.get(id) ?? new Bucket(changesAnHour, changesAnHour / 3600);
    changes.set(id, bucket);
    if (bucket.take(count)) return;
    refuse(`A site makes at most ${changesAnHour} changes an hour.`, bucket.secondsUntil(count));
  }

  function view(part: SitePart, id: number): Ban | undefined {
    const found = queries.ban(registry.viewer(part), id);
    if (found === undefined) return undefined;
    const { evidence: _, ...ban } = found;
    return ban;
  }

  const decisions = new SiteDecisions({
    ...options,
    owns,
    takeChanges,
    view,
  });
  const parts = {
    version: options.version,
    registry,
    queries,
    decisions,
    events: createSiteEvents({
      hub: events,
      ownerOf: (name) => registry.owners.ownerOf(name),
      namesIn: queries.namesIn,
      view,
    }),
    host: { status: () => host().status() },
    sessions: {
      // An address that is new goes into the audit log, which no site may fill alone.
      note(part: SitePart, address: Network, user: string) {
        if (!options.sessions.knows(part, address)) takeChanges(part.id, 1);
        return options.sessions.note(part, address, user);
      },
    },
    campaigns(part: SitePart) {
      const reader = siteActor(part);
      return {
        campaigns: options.campaigns?.of(reader)?.list() ?? [],
        placeOf: (network: Network) => options.origins.placeOf(network),
        bansOf: (campaign: string) => campaignTable.countBans(reader, campaign, 'in_force'),
      };
    },
    isProxied: (part: SitePart) => options.proxied?.().some((name) => owns(part, name)) ?? false,
  };
  const operationsOf = (part: SitePart) =>
    withOrigins(createSiteOperations(parts, part), {
      origins: options.origins,
      newestBans({ since, site }) {
        const { names } = registry.viewer(part);
        const sites = site === undefined ? names : names.filter((name) => name === site);
        return readNewestBans(store.db, { since, sites });
      },
    });
  const entryOf = (site: RegisteredSite): SiteEntry => ({
    id: site.id,
    rights: site.rights,
    operations: (sub) => operationsOf({ id: site.id, sub }),
  });

  let server: Promise<SiteServer> | null = null;
  let uids: ReadonlyMap<string, number> = new Map();
  const register = () => options.detector.witnesses.register({ owners: registry.owners, uids });

  const sockets = new SiteSockets({
    ...options,
    onUsers(found) {
      uids = found;
      register();
    },
    names,
    // Made with the first site: a host without any does not pay for it.
    server: () => {
      server ??= createSiteServer({
        log,
        directory: {
          byId(id) {
            const site = registry.find(id);
            return site?.mode === 'isolated' ? entryOf(site) : undefined;
          },
          byToken(token) {
            const id = ownerOfToken(token, registry.tokens);
            const site = id === null ? undefined : registry.find(id);
            return site?.mode === 'shared' ? entryOf(site) : undefined;
          },
        },
      });
      return server;
    },
  });

  /** Reads anew who is registered. Nobody goes on listening by what held before. */
  function refresh(): void {
    const changed = registry.refresh();
    exemptions.refresh();
    register();
    options.changed();
    if (changed.length > 0) options.readersChanged?.();
    for (const id of changed) {
      if (registry.find(id) === undefined) changes.delete(id);
      void server?.then(({ closeStreams, forget }) =>
        registry.find(id) === undefined ? forget(id) : closeStreams(id),
      );
    }
  }

  const registrations = new Registrations({
    store,
    registry,
    sockets,
    names,
    clock,
    health,
    lastEventAt: (id) => queries.lastEventAt(registry.viewer({ id, sub: null })),
    refresh,
  });
  const requests = createRequests({ store, byHand: options.byHand, clock });

  return {
    registrations,
    answerRequest: requests.answer,
    /** The daemon as the site sees it, or a sub-site of it. */
    operationsOf: (id: string, sub: string | null = null) => operationsOf({ id, sub }),
    refresh,
    /** Opens what must be open, and closes what must not. */
    sync: () => sockets.sync(),
    /** Makes sockets again that somebody removed, or that could not be made before. */
    check: () => sockets.check(),
    async close() {
      await sockets.close();
      await (await server)?.close();
    },
  };
}

export type Sites = ReturnType<typeof createSites>;
