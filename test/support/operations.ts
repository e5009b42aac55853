import {
  type AllowEntry,
  type AuditEntry,
  type Ban,
  type BanDetails,
  type EndedBy,
  type Failure,
  type Hold,
  type Page,
  PortcullisError,
  parseDuration,
  type Registration,
  type SelfTest,
  type Site,
  type Status,
  standardRights,
  type UnbanRequest,
} from '@portcullis/contracts';
import { type Network, parseNetwork } from '@portcullis/core';
import type { DaemonEvent, Operations } from '@portcullis/daemon';

export interface FakeOperations extends Operations {
  /** What tests fill and look at. */
  readonly bans: BanDetails[];
  readonly allowed: AllowEntry[];
  readonly failures: Failure[];
  readonly sites: Site[];
  readonly requests: UnbanRequest[];
  readonly holds: Hold[];
  readonly registrations: Registration[];
  readonly audit: AuditEntry[];
  readonly problems: Status['problems'];
  /** Whether the audit log tells of an entry that does not fit. */
  readonly brokenAudit: { value: boolean };
  readonly selfTests: SelfTest[];
  readonly listeners: Set<(event: DaemonEvent) => void>;
  emit(type: DaemonEvent['type'], data: Record<string, unknown>): void;
}

/** A small working daemon in memory: one jail `wordpress`, loopback exempt, the clock that it is given. */
export function createFakeOperations(now: () => number = Date.now): FakeOperations {
  const bans: BanDetails[] = [];
  const allowed: AllowEntry[] = [];
  const failures: Failure[] = [];
  const sites: Site[] = [];
  const requests: UnbanRequest[] = [];
  const holds: Hold[] = [];
  const registrations: Registration[] = [];
  const audit: AuditEntry[] = [];
  const problems: Status['problems'] = [];
  const selfTests: SelfTest[] = [];
  const brokenAudit = { value: false };
  const listeners = new Set<(event: DaemonEvent) => void>();
  const startedAt = now();
  let lastId = 0;

  const instant = (ms: number) => new Date(ms).toISOString();
  const inForce = () => bans.filter((ban) => ban.state !== 'ended');
  const note = (actor: string, action: AuditEntry['action'], ip: string | null, detail: string) =>
    audit.unshift({ id: ++lastId, at: instant(now()), actor, action, ip, jail: null, detail });
  const emit: FakeOperations['emit'] = (type, data) => {
    const event = { id: ++lastId, type, at: instant(now()), data };
    for (const listener of listeners) listener(event);
  };
  const end = (ban: BanDetails, endedBy: EndedBy, actor: string): Ban => {
    Object.assign(ban, {
      state: 'ended',
      ended_at: instant(now()),
      ended_by: endedBy,
      lifted_by: actor,
    });
    emit('unban', { ip: ban.ip, jail: ban.jail });
    return ban;
  };
  const registration = (id: string): Registration =>
    found(
      registrations.find((site) => site.id === id),
      `No site is registered as “${id}”.`,
    );
  const exemptBy = (network: Network) =>
    ['127.0.0.0/8', '::1', ...allowed.map((entry) => entry.ip)].find((ip) =>
      network.overlaps(readNetwork(ip)),
    );

  return {
    bans,
    allowed,
    failures,
    sites,
    requests,
    holds,
    registrations,
    audit,
    problems,
    brokenAudit,
    selfTests,
    listeners,
    emit,
    status: () => ({
      version: '0.1.0',
      healthy: problems.length === 0,
      problems,
      firewall: 'dry-run',
      bans: {
        wanted: inForce().length,
        enforced: inForce().filter((ban) => ban.state === 'active').length,
        verified_at: instant(now() - 2000),
        repairs: 0,
      },
      log: [
        { path: '/var/log/auth.log', offset: 1234, lag_seconds: 0, last_event_at: instant(now() - 60_000) },
      ],
      jails: [{ name: 'wordpress', key: 'address', bans: inForce().length, tracked: 3, failures: 1204 }],
      started_at: instant(startedAt),
    }),
    listBans({ limit, cursor, sort = '-since', site, jail, ip, since, state = 'pending,active,failed' }) {
      const covered = ip === undefined ? null : readNetwork(ip);
      const matching = bans.filter(
        (ban) =>
          (state === 'all' || state.split(',').includes(ban.state)) &&
          (since === undefined || ban.since >= since) &&
          (site === undefined || site in ban.sites) &&
          (jail === undefined || jail === ban.jail) &&
          (covered === null || covered.overlaps(readNetwork(ban.ip))),
      );
      const field = sort.replace('-', '') as keyof Ban;
      const direction = sort.startsWith('-') ? -1 : 1;
      matching.sort((a, b) => direction * compare(a[field] ?? '~', b[field] ?? '~'));
      return page(matching.map(withoutEvidence), limit, cursor);
    },
    getBan: (id) =>
      found(
        bans.find((ban) => ban.id === id),
        `There is no ban ${id}.`,
      ),
    async ban(actor, { ip, jail = 'wordpress', bantime = '1d', reason = '', force = false }) {
      const network = readNetwork(ip);
      if (jail !== 'wordpress') {
        throw new PortcullisError('unknown_jail', `There is no jail ${jail}.`, {
          hint: 'There is: wordpress',
        });
      }
      const exemption = exemptBy(network);
      if (exemption !== undefined && !force) {
        throw new PortcullisError('exempt_address', `${network} is exempt: ${exemption} covers it.`);
      }
      const duration = parseDuration(bantime);
      if (duration === undefined) {
        throw new PortcullisError('invalid_request', `bantime ${bantime} is not a duration.`);
      }
      const ban: BanDetails = {
        id: ++lastId,
        ip: network.toString(),
        jail,
        since: instant(now()),
        until: duration === null ? null : instant(now() + duration),
        failures: 0,
        sites: {},
        other_sites: 0,
        users: [],
        events: {},
        first_failure_at: null,
        last_failure_at: null,
        times_banned: 1,
        state: 'active',
        ended_at: null,
        ended_by: null,
        lifted_by: null,
        reason,
        evidence: { lines: [], senders: [], first_failure_at: null, last_failure_at: null, events: {} },
      };
      bans.push(ban);
      note(actor, 'ban', ban.ip, reason);
      emit('ban', { ip: ban.ip, jail });
      return withoutEvidence(ban);
    },
    async unban(actor, ip, { jail, allow }) {
      const network = readNetwork(ip);
      const hit = inForce().filter(
        (ban) => readNetwork(ban.ip).overlaps(network) && (jail === undefined || jail === ban.jail),
      );
      if (hit.length === 0) throw new PortcullisError('not_banned', `${network} is not banned.`);
      if (allow !== undefined) await this.allow(actor, { ip, for: allow });
      note(actor, 'unban', network.toString(), '');
      return { ended: hit.map((ban) => withoutEvidence(end(ban, 'unban', actor) as BanDetails)) };
    },
    async unbanAll(actor, query) {
      const hit = this.listBans({ ...query, limit: 1000 }).items.map(({ id }) => this.getBan(id));
      for (const ban of hit) end(ban, 'unban', actor);
      note(actor, 'unban', null, 'all');
      return { ended: hit.length };
    },
    listSites: ({ limit, cursor }) => page(sites, limit, cursor),
    listJails: () =>
      page([
        {
          name: 'wordpress',
          filters: ['wordpress-hard', 'wordpress-soft'],
          maxretry: 3,
          findtime_seconds: 10_800,
          bantime_seconds: 86_400,
          bantime_increment: false,
          key: 'address',
          ipv4_prefix: 32,
          ipv6_prefix: 64,
          bans: inForce().length,
          tracked: 3,
          max_tracked: 1_000_000,
          evicted: 0,
          failures: 1204,
        },
      ]),
    listAllowed: ({ limit, cursor }) => page(allowed, limit, cursor),
    async allow(actor, { ip, for: duration = '-1', note: text = '' }) {
      const network = readNetwork(ip);
      const ms = parseDuration(duration);
      if (ms === undefined) throw new PortcullisError('invalid_request', `${duration} is not a duration.`);
      const entry: AllowEntry = {
        id: ++lastId,
        ip: network.toString(),
        until: ms === null ? null : instant(now() + ms),
        note: text,
        added_at: instant(now()),
        added_by: actor,
        site: null,
        sub_site: null,
      };
      allowed.push(entry);
      note(actor, 'allow', entry.ip, text);
      const lifted = inForce().filter((ban) => network.overlaps(readNetwork(ban.ip)));
      for (const ban of lifted) end(ban, 'allowed', actor);
      return { entry, lifted: lifted.length, kept: 0 };
    },
    async disallow(actor, id) {
      const entry = found(
        allowed.find((one) => one.id === id),
        `There is no entry ${id} in the allow list.`,
      );
      allowed.splice(allowed.indexOf(entry), 1);
      note(actor, 'disallow', entry.ip, '');
      return entry;
    },
    listFailures: ({ limit, cursor, ip }) =>
      page(
        failures.filter((failure) => ip === undefined || failure.ip === ip),
        limit,
        cursor,
      ),
    stats: ({ since }) => ({
      since: since ?? instant(startedAt),
      until: instant(now()),
      bucket_seconds: 3600,
      buckets: [],
      failures: failures.length,
      bans: bans.length,
      top_sites: [],
      top_users: [],
      top_events: [],
    }),
    why(ip) {
      const network = readNetwork(ip);
      const mine = failures.filter((failure) => network.contains(readNetwork(failure.ip)));
      const current = inForce().filter((ban) => readNetwork(ban.ip).overlaps(network));
      const exemption = exemptBy(network);
      return {
        ip: network.toString(),
        banned: current.length > 0,
        bans: current,
        history: bans.filter((ban) => ban.state === 'ended' && readNetwork(ban.ip).overlaps(network)),
        exemptions:
          exemption === undefined
            ? []
            : [{ ip: exemption, source: 'reserved', detail: `${exemption} is loopback.` }],
        compared: { host: 4, ignoreip: 2 },
        not_counted: { exempt: 2 },
        failures: mine.length,
        sites: Object.fromEntries(mine.map((failure) => [failure.site ?? '', 1])),
        recent_failures: mine,
        jails: [
          {
            jail: 'wordpress',
            failures: mine.length,
            maxretry: 3,
            findtime_seconds: 10_800,
            counted_as: network.toString(),
          },
        ],
        advice: null,
      };
    },
    listRequests: ({ limit, cursor }) => page(requests, limit, cursor),
    listHolds: ({ limit, cursor, state = 'open' }) =>
      page(
        holds.filter((each) => each.state === state),
        limit,
        cursor,
      ),
    async answerHold(actor, id, state) {
      const hold = found(
        holds.find((each) => each.id === id),
        `There is no hold ${id}.`,
      );
      if (hold.state !== 'open')
        throw new PortcullisError('already_answered', `Hold ${id} is ${hold.state} already.`);
      Object.assign(hold, { state, ended_at: instant(now()) });
      note(actor, state === 'approved' ? 'approve' : 'decline', hold.ip, '');
      return { hold, bans: [] };
    },
    async answerRequest(actor, id, state) {
      const request = found(
        requests.find((one) => one.id === id),
        `There is no request ${id}.`,
      );
      if (request.state !== 'open') {
        throw new PortcullisError('already_answered', `Request ${id} is ${request.state} already.`);
      }
      request.state = state;
      note(actor, state === 'approved' ? 'approve' : 'decline', request.ip, request.site);
      const hit = inForce().filter((ban) => ban.ip === request.ip);
      const ended =
        state === 'approved' ? hit.map((ban) => withoutEvidence(end(ban, 'unban', actor) as BanDetails)) : [];
      return { request, ended };
    },
    listRegistrations: ({ limit, cursor }) => page(registrations, limit, cursor),
    async register(actor, { id, domains, user, mode = 'isolated', rights, wp }) {
      const site: Registration = {
        id: id ?? domains[0]!,
        domains,
        user: user ?? null,
        mode,
        rights: rights ?? standardRights[mode],
        wp: wp ?? null,
        source: 'command',
        socket: `/run/portcullis/sites/${mode === 'shared' ? 'shared' : (id ?? domains[0])}.sock`,
        served: true,
        has_token: mode === 'shared',
        last_event_at: null,
      };
      registrations.push(site);
      note(actor, 'register', null, site.id);
      return { site, token: mode === 'shared' ? 'the-token-of-a-fake' : null };
    },
    async unregister(actor, id) {
      const site = registration(id);
      registrations.splice(registrations.indexOf(site), 1);
      note(actor, 'unregister', null, id);
      return site;
    },
    issueToken(_actor, id) {
      registration(id).has_token = true;
      return { id, token: 'another-token-of-a-fake' };
    },
    revokeToken: (_actor, id) => Object.assign(registration(id), { has_token: false }),
    report: async ({ since, site }) => ({
      host: 'web01',
      site: site ?? null,
      since: since ?? instant(now() - 7 * 86_400_000),
      until: instant(now()),
      failures: 12,
      bans: 2,
      before: { failures: 6, bans: 0 },
      sites: [{ name: 'blog.example.com', failures: 12, bans: 2 }],
      other_sites: 0,
      users: [{ name: 'alice', failures: 12 }],
      countries: [{ name: 'NL', bans: 2, failures: 12 }],
      networks: [{ name: 'AS64500 Example', bans: 2, failures: 12 }],
      origins_of: 2,
      chart: [{ at: instant(now() - 86_400_000), failures: 12, bans: 2 }],
    }),
    sendReport: async ({ destination = 'slack', site }) => ({
      destination: site === undefined ? destination : `${destination}.sites.${site}`,
      host: 'hooks.slack.com',
      result: 'delivered',
      status: 200,
      answer: 'ok',
      took_ms: 12,
    }),
    testReport: async ({ destination = 'slack', site }) => ({
      destination: site === undefined ? destination : `${destination}.sites.${site}`,
      host: 'hooks.slack.com',
      result: 'delivered',
      status: 200,
      answer: 'ok',
      took_ms: 12,
    }),
    beginSelfTest() {
      const test: SelfTest = {
        id: selfTests.length + 1,
        ident: 'wordpress(portcullis-selftest.invalid)',
        message: `Authentication attempt for unknown user ${selfTests.length} from 192.0.2.235`,
        until: instant(now() + 60_000),
        seen: null,
      };
      selfTests.push(test);
      return test;
    },
    listCampaigns: () => ({ items: [], next: null, total: 0 }),
    getSelfTest: (id) =>
      found(
        selfTests.find((test) => test.id === id),
        `There is no self-test ${id}.`,
      ),
    listAudit: ({ limit, cursor }) => page(audit, limit, cursor),
    verifyAudit: async ({ copy }) => ({
      whole: !brokenAudit.value,
      entries: audit.length,
      first_id: audit.at(-1)?.id ?? null,
      pruned_through: null,
      head: audit[0] === undefined ? null : { id: audit[0].id, at: audit[0].at, hash: 'ab'.repeat(32) },
      broken: brokenAudit.value ? { id: 7, sentence: 'Entry 7 does not go on from entry 6.' } : null,
      copy: copy === undefined ? null : ('same' as const),
    }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    metrics: async () => `# TYPE portcullis_bans gauge\nportcullis_bans ${inForce().length}\n`,
  };
}

function readNetwork(text: string): Network {
  const network = parseNetwork(text);
  if (network === null) throw new PortcullisError('invalid_address', `${text} is not an address.`);
  return network;
}

function found<T>(value: T | undefined, sentence: string): T {
  if (value === undefined) throw new PortcullisError('not_found', sentence);
  return value;
}

const compare = (a: unknown, b: unknown) => (a === b ? 0 : (a as string) < (b as string) ? -1 : 1);

const withoutEvidence = ({ evidence: _, ...ban }: BanDetails): Ban => ban;

function page<T>(items: readonly T[], limit = 100, cursor = '0'): Page<T> {
  const start = Number(cursor);
  const next = start + limit < items.length ? String(start + limit) : null;
  return { items: items.slice(start, start + limit), next, total: items.length };
}
