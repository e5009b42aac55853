import {
  type AllowEntry,
  type Allowed,
  type Ban,
  formatDuration,
  maxSiteAllow,
  type NewAllowEntry,
  type NewUnbanRequest,
  PortcullisError,
  parseDuration,
  type SiteRight,
  type Unbanned,
  type UnbanRequest,
} from '@portcullis/contracts';
import {
  type BanRecord,
  type BanStore,
  type Clock,
  type Detector,
  type Network,
  type SitePart,
  siteActor,
} from '@portcullis/core';
import { networkOf } from '../by-hand.ts';
import { type Enforcer, keyOf } from '../enforcer.ts';
import type { ExemptionBook } from '../exemptions.ts';
import { isOneClient, oneClientOf } from './own-network.ts';

/** Who decides: a site or a sub-site, its rights, and the WordPress user that it names (empty: none). */
export interface Decider extends SitePart {
  readonly rights: readonly SiteRight[];
  readonly user: string;
}

/** Entries of the allow list that one site may have, and of those one sub-site: none takes up all. */
export const maxAllowEntries = 200;
export const maxSubSiteAllowEntries = 20;

export interface SiteDecisionsOptions {
  readonly store: BanStore;
  readonly enforcer: Pick<Enforcer, 'end' | 'flush'>;
  readonly detector: Detector;
  readonly exemptions: ExemptionBook;
  readonly clock: Clock;
  readonly jails: () => readonly { readonly name: string }[];
  /** Whether a name in the log is theirs. */
  readonly owns: (part: SitePart, name: string) => boolean;
  /** Takes so many changes from what the site may make in an hour. @throws PortcullisError rate_limited */
  readonly takeChanges: (id: string, count: number) => void;
  /** Records what waits to prolong a ban, so that its evidence is complete. */
  readonly settle: (key: string) => void;
  /** A ban as they see it. */
  readonly view: (part: SitePart, ban: number) => Ban | undefined;
  /** Called when bans or exemptions have changed. */
  readonly changed: () => void;
}

/**
 * What a site may decide: about bans that rest on its own evidence alone, and about addresses as far as its own lines go.
 * Of a ban in which it has no evidence it learns nothing, not even that it is there; nothing that others counted changes.
 */
export class SiteDecisions {
  readonly #options: SiteDecisionsOptions;

  constructor(options: SiteDecisionsOptions) {
    this.#options = options;
  }

  /** @throws PortcullisError not_banned, shared_evidence, invalid_address, rate_limited */
  async unban(
    by: Decider,
    ip: string,
    { jail, allow }: { jail?: string; allow?: string },
  ): Promise<Unbanned> {
    const { store, enforcer, view, takeChanges } = this.#options;
    const network = networkOf(ip);
    if (allow !== undefined) {
      requireRight(by, 'allow');
      oneClientOf(ip);
      durationOf(allow);
    }
    const bans = this.#bansOf(by, network).filter((ban) => jail === undefined || ban.jail === jail);
    if (bans.length === 0) {
      throw new PortcullisError('not_banned', `No ban of ${network} has evidence of this site.`, {
        hint: 'If it is locked out all the same, ask the administrator of the host: POST /v1/requests.',
      });
    }
    if (!bans.every((ban) => this.#restsOn(by, ban))) {
      throw new PortcullisError(
        'shared_evidence',
        `The ban of ${network} rests on more than this site’s evidence, so this site alone cannot lift it.`,
        {
          hint: 'Ask the administrator of the host: POST /v1/requests with the address and a note. `portcullis requests` shows it there.',
        },
      );
    }
    takeChanges(by.id, bans.length);
    store.transaction(
      () => {
        enforcer.end(bans, 'unban', actorOf(by));
        for (const ban of bans) this.#audit(by, 'unban', ban.network, ban.jail, '');
      },
      { durable: true },
    );
    const ended = bans.map(({ id }) => view(by, id)).filter((ban) => ban !== undefined);
    if (allow !== undefined) await this.allow(by, { ip, for: allow });
    this.#options.changed();
    await enforcer.flush();
    return { ended };
  }

  /**
   * Failures of the address in lines of this site no longer count, those that are counted already included. Bans that
   * rest on this site alone end; others go on.
   *
   * @throws PortcullisError invalid_address, invalid_request, forbidden, rate_limited
   */
  async allow(by: Decider, { ip, for: length, note = '' }: NewAllowEntry): Promise<Allowed> {
    const { store, enforcer, exemptions, clock, takeChanges } = this.#options;
    const network = oneClientOf(ip);
    const duration = durationOf(length);
    this.#refuseTooMany(by, network);
    const bans = this.#bansOf(by, network);
    const own = bans.filter((ban) => this.#restsOn(by, ban));
    takeChanges(by.id, 1 + own.length);
    const now = clock.now();
    const entry = store.transaction(
      () => {
        const added = store.addAllowEntry({
          ip: String(network),
          until: new Date(now + duration).toISOString(),
          note,
          added_at: new Date(now).toISOString(),
          added_by: actorOf(by),
          site: by.id,
          sub_site: by.sub,
        });
        enforcer.end(own, 'allowed', actorOf(by));
        this.#audit(by, 'allow', network, null, note);
        return added;
      },
      { durable: true },
    );
    this.#forgetOwn(by, network);
    exemptions.refresh();
    this.#options.changed();
    await enforcer.flush();
    return { entry, lifted: own.length, kept: bans.length - own.length };
  }

  /** @throws PortcullisError not_found */
  async disallow(by: Decider, id: number): Promise<AllowEntry> {
    const { store, exemptions, takeChanges } = this.#options;
    const entry = store
      .allowEntries()
      .find((one) => one.id === id && one.site === by.id && (by.sub === null || one.sub_site === by.sub));
    if (entry === undefined) {
      throw new PortcullisError('not_found', `This site’s allow list has no entry ${id}.`, {
        hint: 'GET /v1/allow lists its entries.',
      });
    }
    takeChanges(by.id, 1);
    store.transaction(
      () => {
        store.removeAllowEntry(id);
        this.#audit(by, 'disallow', networkOf(entry.ip), null, entry.note);
      },
      { durable: true },
    );
    exemptions.refresh();
    this.#options.changed();
    return entry;
  }

  /** The answer tells nothing of whether the address is banned: that is the administrator's to see. */
  ask(by: Decider, { ip, note }: NewUnbanRequest): UnbanRequest {
    const { store, clock, takeChanges } = this.#options;
    const network = networkOf(ip);
    if (!isOneClient(network) && this.#bansOf(by, network).length === 0) oneClientOf(ip);
    takeChanges(by.id, 1);
    return store.transaction(
      () => {
        this.#audit(by, 'ask', network, null, note);
        return store.addRequest({
          site: by.id,
          sub_site: by.sub,
          ip: String(network),
          asked_by: by.user,
          asked_at: new Date(clock.now()).toISOString(),
          note,
          state: 'open',
        });
      },
      { durable: true },
    );
  }

  /** Bans in force with evidence of the site, complete. Of a wide network only a ban of exactly that. */
  #bansOf(part: SitePart, network: Network): BanRecord[] {
    const { store, owns, settle, jails } = this.#options;
    const find = () =>
      isOneClient(network)
        ? store.bansOverlapping(network)
        : jails()
            .map(({ name }) => store.banInForce(name, network))
            .filter((ban) => ban !== undefined);
    for (const ban of find()) settle(keyOf(ban));
    return find().filter(({ evidence }) => Object.keys(evidence.sites).some((name) => owns(part, name)));
  }

  /** Whether the ban stands on this site's evidence and nothing else. */
  #restsOn(part: SitePart, { evidence, byHand }: BanRecord): boolean {
    return !byHand && Object.keys(evidence.sites).every((name) => this.#options.owns(part, name));
  }

  /** Takes back what this site's lines have counted against the network; what others counted stays. */
  #forgetOwn(part: SitePart, network: Network): void {
    const { store, detector, owns } = this.#options;
    detector.forgetFailures(network, (ids) => {
      const own = store
        .failuresById(ids)
        .filter(({ site, address }) => owns(part, site) && network.contains(address));
      return new Set(own.map((failure) => failure.id));
    });
  }

  #refuseTooMany({ id, sub }: SitePart, network: Network): void {
    const all = this.#options.store.allowEntries().filter(({ site }) => site === id);
    const own = all.filter(({ sub_site }) => sub_site === sub);
    if (own.some(({ ip }) => ip === String(network))) return;
    if (all.length < maxAllowEntries && (sub === null || own.length < maxSubSiteAllowEntries)) return;
    const count = all.length < maxAllowEntries ? own.length : all.length;
    throw new PortcullisError('rate_limited', `This site allows ${count} addresses already.`, {
      hint: 'Remove entries that are no longer needed.',
    });
  }

  #audit(
    by: Decider,
    action: 'unban' | 'allow' | 'disallow' | 'ask',
    network: Network,
    jail: string | null,
    note: string,
  ): void {
    const named = by.user === '' ? '' : `as ${by.user}`;
    this.#options.store.addAudit({
      at: new Date(this.#options.clock.now()).toISOString(),
      actor: siteActor(by),
      action,
      ip: String(network),
      jail,
      detail: [named, note].filter((part) => part !== '').join(': '),
    });
  }
}

/** Who it was, as entries and bans keep it. */
const actorOf = (by: Decider): string => (by.user === '' ? siteActor(by) : `${siteActor(by)} as ${by.user}`);

function requireRight({ rights }: Decider, right: SiteRight): void {
  if (rights.includes(right)) return;
  throw new PortcullisError('forbidden', `This needs the right “${right}”.`, {
    hint: `This site has: ${rights.join(', ')}.`,
  });
}

/** Milliseconds. */
function durationOf(text: string | undefined): number {
  const duration = text === undefined ? undefined : parseDuration(text);
  if (typeof duration === 'number' && duration > 0 && duration <= maxSiteAllow) return duration;
  throw new PortcullisError(
    'invalid_request',
    text === undefined
      ? 'A site must say for how long it allows an address.'
      : `${JSON.stringify(text.slice(0, 40))} is not a time for which a site can allow an address.`,
    { hint: `Write 30s, 10m, 3h or 7d: at most ${formatDuration(maxSiteAllow)}.` },
  );
}
