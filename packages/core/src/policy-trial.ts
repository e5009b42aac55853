import type { Detector } from './detector.ts';
import type { KnownGoodPolicy } from './known-good.ts';
import { LoginSightings, type SeenLogins } from './login-sightings.ts';
import { Replay, type ReplayedDecision, type ReplayOptions } from './replay.ts';
import type { ZoneClock } from './stamp.ts';

/** What decides about bans. */
export interface TriedPolicy {
  readonly detector: Detector;
  readonly knownGood: KnownGoodPolicy;
}

/** The bans of one client by one of the two policies, those left out that both decide alike. */
export interface TriedBans {
  readonly bans: number;
  readonly jail: string;
  /** When the first begins. */
  readonly since: string;
  /** When the last ends; null: never. */
  readonly until: string | null;
  readonly failures: number;
  readonly sites: Readonly<Record<string, number>>;
}

/** `changed`: both ban the client, but not at the same time or not for as long. */
export interface PolicyDifference {
  readonly change: 'added' | 'removed' | 'changed';
  readonly ip: string;
  readonly before: TriedBans | null;
  readonly after: TriedBans | null;
  /** Successful logins from it in the same logs; null: none was seen. */
  readonly logins: SeenLogins | null;
}

export interface PolicySummary {
  readonly lines: number;
  /** All bans by each policy. */
  readonly bans_before: number;
  readonly bans_after: number;
  /** Clients. */
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Clients of `added` and `changed` that logged in successfully. */
  readonly hits: number;
  /** Bans that differ and were too many to be told. */
  readonly untold: number;
  /** Clients whose logins were too many to be remembered. */
  readonly logins_forgotten: number;
}

/** Clients whose bans differ that are remembered, for each policy. */
const maxClients = 100_000;

/** A side of the comparison: what one policy decides, where the other does not decide the same. */
class Side {
  untold = 0;
  readonly replay: Replay;
  readonly clients = new Map<string, TriedBans>();
  decided: ReplayedDecision[] = [];

  constructor(
    { detector, knownGood }: TriedPolicy,
    zone: ZoneClock,
    now: number,
    onLogin?: ReplayOptions['onLogin'],
  ) {
    // No random part: two policies that are alike must come to the same.
    this.replay = new Replay(
      detector,
      zone,
      now,
      () => 0,
      (decision) => {
        if (decision.action === 'ban') this.decided.push(decision);
      },
      { knownGood, ...(onLogin && { onLogin }) },
    );
  }

  keep({ ip, jail, time, until = null, failures = 0, sites = {} }: ReplayedDecision): void {
    const known = this.clients.get(ip);
    if (known === undefined && this.clients.size >= maxClients) {
      this.untold++;
      return;
    }
    this.clients.set(ip, {
      bans: (known?.bans ?? 0) + 1,
      jail: known?.jail ?? jail,
      since: known?.since ?? time,
      until: known?.until === null ? null : until,
      failures: (known?.failures ?? 0) + failures,
      sites: known?.sites ?? sites,
    });
  }
}

/**
 * Two policies over the same logs at once: what the second would have banned that the first did not, and the other way
 * round, and who of these logged in successfully. Feed it one log after the other, the oldest first. Memory grows with
 * what differs, up to a bound, not with the logs.
 */
export class PolicyTrial {
  readonly #before: Side;
  readonly #after: Side;
  readonly #logins: LoginSightings;
  readonly #longestHold: number;

  /** @param before the policy that holds. @param after the proposed one */
  constructor(before: TriedPolicy, after: TriedPolicy, zone: ZoneClock, now: number) {
    this.#logins = new LoginSightings(
      [before, after].flatMap(({ detector }) => detector.jails.map(({ config }) => config)),
    );
    this.#longestHold = Math.max(before.knownGood.holdFor, after.knownGood.holdFor);
    this.#before = new Side(before, zone, now);
    this.#after = new Side(after, zone, now, (address, site, time) => this.#logins.add(address, site, time));
  }

  /** Says that another log begins. */
  nextLog(): void {
    for (const { replay } of [this.#before, this.#after]) replay.nextLog();
    this.#compare();
  }

  line(bytes: Uint8Array, start: number, end: number, cut: boolean): void {
    this.#before.replay.line(bytes, start, end, cut);
    this.#after.replay.line(bytes, start, end, cut);
    this.#compare();
  }

  /** Says that the logs are over. A ban that waits for an answer is made: none comes. */
  end(): void {
    const replays = [this.#before.replay, this.#after.replay];
    for (const replay of replays) replay.end();
    const last = Math.max(...replays.map(({ clock }) => clock));
    for (const replay of replays) replay.pass(last + this.#longestHold);
    this.#compare();
  }

  /** What differs, by the instant at which the first ban of each begins. */
  differences(): PolicyDifference[] {
    const ips = new Set([...this.#before.clients.keys(), ...this.#after.clients.keys()]);
    return [...ips]
      .map((ip): PolicyDifference => {
        const before = this.#before.clients.get(ip) ?? null;
        const after = this.#after.clients.get(ip) ?? null;
        const change = before === null ? 'added' : after === null ? 'removed' : 'changed';
        return { change, ip, before, after, logins: this.#logins.of(ip) };
      })
      .sort((a, b) => (beginOf(a) < beginOf(b) ? -1 : 1));
  }

  summary(differences: readonly PolicyDifference[]): PolicySummary {
    const count = (change: PolicyDifference['change']) =>
      differences.filter((one) => one.change === change).length;
    return {
      lines: this.#after.replay.lines,
      bans_before: this.#before.replay.bans,
      bans_after: this.#after.replay.bans,
      added: count('added'),
      removed: count('removed'),
      changed: count('changed'),
      hits: differences.filter(({ after, logins }) => after !== null && logins !== null).length,
      untold: this.#before.untold + this.#after.untold,
      logins_forgotten: this.#logins.forgotten,
    };
  }

  /** Forgets what both decided alike with the same line: they live by one clock, whatever each of them counts. */
  #compare(): void {
    this.#before.replay.pass(this.#after.replay.clock);
    this.#after.replay.pass(this.#before.replay.clock);
    const { decided: before } = this.#before;
    const { decided: after } = this.#after;
    if (before.length === 0 && after.length === 0) return;
    this.#before.decided = [];
    this.#after.decided = [];
    const alike = new Set(before.map(nameOf)).intersection(new Set(after.map(nameOf)));
    for (const decision of before) if (!alike.has(nameOf(decision))) this.#before.keep(decision);
    for (const decision of after) if (!alike.has(nameOf(decision))) this.#after.keep(decision);
  }
}

/** A jail of another name bans no less. */
const nameOf = ({ ip, time, until }: ReplayedDecision): string => `${ip} ${time} ${until}`;

const beginOf = ({ before, after }: PolicyDifference): string =>
  [before, after].flatMap((bans) => (bans === null ? [] : [bans.since])).sort()[0]!;
