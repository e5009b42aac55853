import {
  type AllowEntry,
  type Allowed,
  type Ban,
  type MassUnbanQuery,
  type NewAllowEntry,
  type NewBan,
  PortcullisError,
  parseDuration,
  type Unbanned,
} from '@portcullis/contracts';
import { type Compared, type JailConfig, type Network, parseNetwork } from '@portcullis/core';
import { noEvidence, toBan } from './evidence.ts';
import type { ExemptionBook } from './exemptions.ts';
import { forgetCounts } from './forget-counts.ts';
import { liftMany, type MassUnbanOptions } from './mass-unban.ts';
import { receiptByHand } from './receipt.ts';

export interface ByHandOptions extends MassUnbanOptions {
  readonly exemptions: ExemptionBook;
  /** What speaks for a client of a jail. */
  readonly compare: (network: Network, jail: string) => Compared;
}

/** What people decide: bans and unbans by hand, and the allow list. Durable before it is applied, and audited. */
export class ByHand {
  readonly #options: ByHandOptions;

  constructor(options: ByHandOptions) {
    this.#options = options;
  }

  /** @throws PortcullisError invalid_address, unknown_jail, invalid_request, exempt_address */
  async ban(actor: string, { ip, jail, bantime, reason = '', force = false }: NewBan): Promise<Ban> {
    const { store, enforcer, clock, compare } = this.#options;
    const address = networkOf(ip);
    const config = this.#jail(jail);
    const now = clock.now();
    this.#refuseExempt(address, config.name, force, now);
    const duration = bantime === undefined ? config.bantime : durationOf(bantime);
    const until = duration === null ? null : now + duration;
    const id = store.transaction(
      () => {
        const current = store.banInForce(config.name, address);
        const why = reason === '' ? `banned by hand (${actor})` : reason;
        const byHand = { by: actor, at: now, bantime: duration };
        const receipt = receiptByHand(address, byHand, compare(address, config.name));
        this.#audit(actor, 'ban', String(address), config.name, why);
        if (current !== undefined) {
          store.saveReceipt(current.id, { ...(store.receiptOf(current.id) ?? receipt), byHand });
          return enforcer.replace(current, { until, reason: why, byHand: true, gentle: false }).id;
        }
        return enforcer.insert(
          {
            network: address,
            jail: config.name,
            since: now,
            until,
            failures: 0,
            timesBanned: store.timesBanned(address, config.name) + 1,
            reason: why,
            byHand: true,
            gentle: false,
            evidence: noEvidence,
          },
          receipt,
        ).id;
      },
      { durable: true },
    );
    await enforcer.flush();
    const settled = store.banInForce(config.name, address);
    if (settled === undefined || settled.id !== id) {
      throw new PortcullisError('internal', `The ban of ${address} ended before it was in force.`);
    }
    if (settled.state === 'failed') {
      throw new PortcullisError('firewall_unavailable', `${address} is not banned: ${settled.reason}`, {
        hint: 'It is tried again; `portcullis status` tells how that goes.',
      });
    }
    return toBan(settled);
  }

  /**
   * Lifts every ban inside the network, and those of networks that hold the address, and forgets what was counted.
   * With `forget_history` their earlier bans make the next one no longer; that also works where no ban is in force.
   */
  async unban(
    actor: string,
    ip: string,
    options: { jail?: string; allow?: string; forget_history?: boolean },
  ): Promise<Unbanned> {
    const { store, enforcer, clock } = this.#options;
    const network = networkOf(ip);
    if (options.jail !== undefined) this.#jail(options.jail);
    if (options.allow !== undefined) durationOf(options.allow);
    const bans = store
      .bansOverlapping(network)
      .filter((ban) => options.jail === undefined || ban.jail === options.jail);
    const forgetHistory = options.forget_history === true;
    if (bans.length === 0 && options.allow === undefined && !forgetHistory) {
      throw new PortcullisError(
        'not_banned',
        `${network} is not banned${options.jail ? ` by ${options.jail}` : ''}.`,
        {
          hint: `\`portcullis why ${network}\` tells what is known of it.`,
        },
      );
    }
    store.transaction(
      () => {
        enforcer.end(bans, 'unban', actor);
        forgetCounts(this.#options, [{ jail: options.jail ?? null, network }, ...bans]);
        if (forgetHistory) {
          for (const each of [network, ...bans.map((ban) => ban.network)]) {
            store.forgiveBans(each, options.jail ?? null);
          }
        }
        const detail = forgetHistory ? 'history forgotten' : '';
        for (const ban of bans) this.#audit(actor, 'unban', String(ban.network), ban.jail, detail);
        if (bans.length === 0 && forgetHistory) {
          this.#audit(actor, 'unban', String(network), options.jail ?? null, detail);
        }
      },
      { durable: true },
    );
    if (options.allow !== undefined) await this.allow(actor, { ip, for: options.allow });
    await enforcer.flush();
    return {
      ended: bans.map((ban) =>
        toBan({ ...ban, state: 'ended', endedAt: clock.now(), endedBy: 'unban', liftedBy: actor }),
      ),
    };
  }

  /** Lifts every ban that matches, each audited. @throws PortcullisError unknown_jail, invalid_address */
  async unbanAll(actor: string, query: MassUnbanQuery): Promise<{ ended: number }> {
    if (query.jail !== undefined) this.#jail(query.jail);
    if (query.ip !== undefined) networkOf(query.ip);
    return liftMany(this.#options, actor, query);
  }

  /** Adds to the allow list and lifts the bans that stand in its way. */
  async allow(actor: string, entry: NewAllowEntry): Promise<Allowed> {
    const { store, enforcer, exemptions, clock } = this.#options;
    const network = networkOf(entry.ip);
    const duration = entry.for === undefined ? null : durationOf(entry.for);
    const now = clock.now();
    const bans = store.bansOverlapping(network);
    const added = store.transaction(
      () => {
        const record = store.addAllowEntry({
          ip: String(network),
          until: duration === null ? null : new Date(now + duration).toISOString(),
          note: entry.note ?? '',
          added_at: new Date(now).toISOString(),
          added_by: actor,
          site: null,
          sub_site: null,
        });
        enforcer.end(bans, 'allowed', actor);
        forgetCounts(this.#options, [{ jail: null, network }, ...bans]);
        this.#audit(actor, 'allow', String(network), null, entry.note ?? '');
        return record;
      },
      { durable: true },
    );
    exemptions.refresh();
    await enforcer.flush();
    return { entry: added, lifted: bans.length, kept: 0 };
  }

  async disallow(actor: string, id: number): Promise<AllowEntry> {
    const { store, exemptions } = this.#options;
    const removed = store.transaction(
      () => {
        const entry = store.removeAllowEntry(id);
        if (entry !== undefined) this.#audit(actor, 'disallow', entry.ip, null, entry.note);
        return entry;
      },
      { durable: true },
    );
    if (removed === undefined) {
      throw new PortcullisError('not_found', `The allow list has no entry ${id}.`, {
        hint: '`portcullis allow list` shows them.',
      });
    }
    exemptions.refresh();
    return removed;
  }

  /** Ends the bans that an exemption covers now: after a start or a reload it may be newer than they are. */
  liftExempt(): number {
    const { store, enforcer, exemptions, clock } = this.#options;
    const now = clock.now();
    const exempt = [...store.bansInForce()].filter(
      ({ network, jail }) => exemptions.covering(network, jail, now) !== null,
    );
    if (exempt.length > 0) store.transaction(() => enforcer.end(exempt, 'allowed'));
    return exempt.length;
  }

  /** Ends the bans of jails that are no longer there. */
  endOfRemovedJails(): number {
    const { store, enforcer, jails } = this.#options;
    const names = new Set(jails().map(({ name }) => name));
    // Nearly always there is none, and going through all bans takes a third of a second with 100,000.
    if ([...store.countBansInForce().keys()].every((jail) => names.has(jail))) return 0;
    const orphans = [...store.bansInForce()].filter(({ jail }) => !names.has(jail));
    if (orphans.length > 0) store.transaction(() => enforcer.end(orphans, 'jail_removed'));
    return orphans.length;
  }

  #refuseExempt(network: Network, jail: string, force: boolean, now: number): void {
    const found = this.#options.exemptions.overlapping(network, jail, now);
    const absolute = found.find(({ source }) => source === 'reserved' || source === 'host');
    const standing = absolute ?? (force ? undefined : found[0]);
    if (standing === undefined) return;
    throw new PortcullisError('exempt_address', `${network} is not banned: ${standing.detail}.`, {
      hint:
        absolute === undefined
          ? 'Ban it all the same with --force, or take the exemption away first.'
          : undefined,
    });
  }

  #jail(name: string | undefined): JailConfig {
    const jails = this.#options.jails();
    const found = name === undefined ? jails[0] : jails.find((jail) => jail.name === name);
    if (found !== undefined) return found;
    throw new PortcullisError('unknown_jail', `There is no jail ${JSON.stringify(name)}.`, {
      hint: `There are: ${jails.map((jail) => jail.name).join(', ')}.`,
    });
  }

  #audit(
    actor: string,
    action: 'ban' | 'unban' | 'allow' | 'disallow',
    ip: string | null,
    jail: string | null,
    detail: string,
  ): void {
    const at = new Date(this.#options.clock.now()).toISOString();
    this.#options.store.addAudit({ at, actor, action, ip, jail, detail });
  }
}

/** @throws PortcullisError invalid_address */
export function networkOf(ip: string): Network {
  const network = parseNetwork(ip);
  if (network !== null) return network;
  throw new PortcullisError('invalid_address', `${JSON.stringify(ip)} is neither an address nor a network.`, {
    hint: 'Write 203.0.113.7, 203.0.113.0/24, 2001:db8::7 or 2001:db8::/64.',
  });
}

function durationOf(text: string): number | null {
  const duration = parseDuration(text);
  if (duration !== undefined && duration !== 0) return duration;
  throw new PortcullisError('invalid_request', `${JSON.stringify(text)} is not a duration.`, {
    hint: 'Write seconds, or 30s 10m 3h 1d 4w; -1 is for ever.',
  });
}
