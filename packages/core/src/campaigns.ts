import { Network, parseNetwork } from './address.ts';
import { addTry, Campaign, type KnownCampaign, type Tries } from './campaign.ts';
import { CampaignGroup, type ClientKey } from './campaign-group.ts';
import { clientNetwork, oneCustomer, surroundingNetwork } from './client-network.ts';
import { Generations } from './generations.ts';
import { SeenRecently } from './seen-recently.ts';

export interface CampaignConfig {
  /** Clients within the window that make a campaign, 3 to 200; 0: none are looked for. */
  readonly addresses: number;
  /** In milliseconds. */
  readonly window: number;
  /** Failures that ban who takes part, 1 to 1000; null: taking part changes nothing. */
  readonly maxretry: number | null;
}

export interface CampaignsOptions {
  readonly config: CampaignConfig;
  /** Any 32-bit number; a random one keeps tables from being guessed. */
  readonly seed: number;
  /** The number of the autonomous system that announces an address; left out: systems make no campaign. */
  readonly systemOf?: (client: Network) => number | null;
  readonly onBegin?: (campaign: Campaign) => void;
  readonly onEnd?: (campaign: Campaign) => void;
  /** What an earlier run called the campaign that a group makes; left out, or undefined: none lasted. */
  readonly resume?: (group: CampaignGroup) => KnownCampaign | undefined;
  /** The host's when left out. */
  readonly bounds?: CampaignBounds;
}

/** What may be held at once. */
export interface CampaignBounds {
  /** Names, networks and systems that are watched, each; what goes then was not seen while half as many others were. */
  readonly groups: number;
  /** Clients whose tries are remembered until they may be part of a campaign; the same. */
  readonly clients: number;
  /** Campaigns at a time; the one seen longest ago ends. */
  readonly lasting: number;
  /** Campaigns that are over and still shown. */
  readonly ended: number;
  /** Clients that a campaign tells apart. */
  readonly members: number;
  /** Places for what was seen of late, a power of two. */
  readonly seen: number;
}
const hostBounds: CampaignBounds = {
  groups: 4_096,
  clients: 16_384,
  lasting: 16,
  ended: 50,
  members: 2_000,
  seen: 1 << 17,
};

/** What else a counted line says; asked for only where it is new. */
export interface Tried {
  readonly site: string;
  user(): string | null;
  /** A number that stands for the name, as `tagOf` makes it; 0 where there is none. */
  tag(): number;
}

/** What a client did within the window. */
interface Client extends Tries {
  readonly system: number | null;
  lastSeen: number;
}

type Groups<K> = Generations<K, CampaignGroup>;

/** A system has so many times as many clients as a /24, so it takes so many times as many to stand out. */
const systemFactor = 5;

/**
 * Recognises many clients with few tries each: those who tried one name, or who come from one network. Only counted failures are
 * shown to it. Every table is bounded; what a client repeats is looked at again after half a window.
 */
export class Campaigns {
  #config: CampaignConfig;
  readonly #options: CampaignsOptions;
  #recently: SeenRecently | null = null;
  readonly #bounds: CampaignBounds;
  readonly #byName: Groups<number>;
  readonly #byNetwork: Groups<ClientKey>;
  readonly #bySystem: Groups<number>;
  readonly #clients: Generations<ClientKey, Client>;
  readonly #lasting = new Set<Campaign>();
  readonly #ended: Campaign[] = [];

  constructor(options: CampaignsOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#bounds = options.bounds ?? hostBounds;
    this.#byName = this.#newGroups();
    this.#byNetwork = this.#newGroups();
    this.#bySystem = this.#newGroups();
    this.#clients = new Generations(this.#bounds.clients);
  }

  /** Takes other settings; with another number of addresses or another window it begins anew. */
  configure(config: CampaignConfig): void {
    const { addresses, window } = this.#config;
    this.#config = config;
    if (addresses === config.addresses && window === config.window) return;
    this.#recently = null;
    for (const table of [this.#byName, this.#byNetwork, this.#bySystem, this.#clients]) table.clear();
    for (const campaign of [...this.#lasting]) this.#end(campaign, campaign.lastSeen);
  }

  /** Failures that ban who takes part; null: taking part changes nothing. */
  get maxretry(): number | null {
    return this.#config.addresses === 0 ? null : this.#config.maxretry;
  }

  /** Those that last, the latest first, then those that are over. */
  list(): Campaign[] {
    const lasting = [...this.#lasting].sort((one, other) => other.lastSeen - one.lastSeen);
    return [...lasting, ...this.#ended.toReversed()];
  }

  get lasting(): number {
    return this.#lasting.size;
  }

  /** How full its tables are. */
  get sizes(): { clients: number; names: number; networks: number; systems: number } {
    return {
      clients: this.#clients.size,
      names: this.#byName.size,
      networks: this.#byNetwork.size,
      systems: this.#bySystem.size,
    };
  }

  /** The campaigns that a client takes or took part in. */
  of(address: Network): Campaign[] {
    const key = keyOf(clientNetwork(address, oneCustomer));
    return this.list().filter((campaign) => campaign.has(key));
  }

  /** The campaign that lasts and has the client; null: there is none. */
  lastingOf(address: Network): Campaign | null {
    if (this.#lasting.size === 0) return null;
    const key = keyOf(clientNetwork(address, oneCustomer));
    for (const campaign of this.#lasting) if (campaign.has(key)) return campaign;
    return null;
  }

  /**
   * Takes note of a counted failure.
   * @param tag of the name tried; 0 where there is none
   */
  observe(address: Network, tag: number, time: number, tried: Tried): void {
    const { addresses, window } = this.#config;
    if (addresses === 0) return;
    const client = clientNetwork(address, oneCustomer);
    this.#recently ??= new SeenRecently(this.#options.seed, this.#bounds.seen);
    if (!this.#recently.isNew(client, tag, time, window / 2)) return;
    const key = keyOf(client);
    const tries = this.#triesOf(key, client, time);
    addTry(tries, tag, tried.site);
    if (tag !== 0) {
      const group = groupOf(this.#byName, tag, () => ['user', tried.user() ?? '', addresses]);
      this.#take(group, key, tries, time);
    }
    const network = surroundingNetwork(client);
    const near = groupOf(this.#byNetwork, keyOf(network), () => ['network', String(network), addresses]);
    this.#take(near, key, tries, time);
    const { system } = tries;
    if (system === null) return;
    const far = groupOf(this.#bySystem, system, () => ['system', `AS${system}`, addresses * systemFactor]);
    this.#take(far, key, tries, time);
  }

  /**
   * The campaign that a failure fits at its time: the name is the campaign's, or the client is in its network and the name one
   * that several of its clients tried.
   */
  fitting(address: Network, tag: number, time: number): Campaign | null {
    if (tag === 0 || this.#lasting.size === 0) return null;
    const client = clientNetwork(address, oneCustomer);
    const since = time - this.#config.window;
    const named = this.#byName.peek(tag);
    if (named?.campaign && named.lasts(since)) return named.campaign;
    const system = this.#clients.peek(keyOf(client))?.system ?? null;
    for (const group of [
      this.#byNetwork.peek(keyOf(surroundingNetwork(client))),
      system === null ? undefined : this.#bySystem.peek(system),
    ]) {
      if (group?.campaign?.tries(tag) && group.lasts(since)) return group.campaign;
    }
    return null;
  }

  /** Ends campaigns that do not last until `now`, and forgets what lies outside the window. */
  sweep(now: number): void {
    const since = now - this.#config.window;
    for (const campaign of [...this.#lasting]) {
      for (const group of [...campaign.groups]) if (!group.lasts(since)) this.#leave(group, now);
    }
    for (const table of [this.#byName, this.#byNetwork, this.#bySystem]) {
      table.forget(({ newest, campaign }) => campaign === null && newest < since);
    }
    this.#clients.forget(({ lastSeen }) => lastSeen < since);
  }

  #take(group: CampaignGroup, key: ClientKey, tries: Tries, time: number): void {
    const nameOf = (tag: number) => this.#byName.peek(tag)?.label;
    // By the lines alone, so that it does not matter when the last sweep was.
    const before = Math.max(group.newest, time) - this.#config.window;
    if (group.campaign !== null && !group.lasts(before)) this.#leave(group, time);
    group.add(key, time);
    const since = group.newest - this.#config.window;
    if (group.campaign === null && group.clients.length >= group.size && group.seenSince(since) >= group.size)
      this.#begin(group, since, nameOf);
    group.campaign?.join(key, tries, time, nameOf);
  }

  #begin(group: CampaignGroup, since: number, nameOf: (tag: number) => string | undefined): void {
    const known = this.#sharingHalf(group);
    const campaign =
      known ??
      new Campaign(group, group.firstSince(since), this.#bounds.members, this.#options.resume?.(group));
    group.campaign = campaign;
    campaign.groups.add(group);
    for (const client of group.clients) {
      campaign.join(client, this.#clients.peek(client) ?? { tags: [], sites: [] }, group.newest, nameOf);
    }
    if (known !== undefined) return;
    if (this.#lasting.size >= this.#bounds.lasting) {
      const oldest = [...this.#lasting].reduce((one, other) => (other.lastSeen < one.lastSeen ? other : one));
      this.#end(oldest, group.newest);
    }
    this.#lasting.add(campaign);
    this.#options.onBegin?.(campaign);
  }

  /** The campaign that half of the group takes part in already: one attack that tries several names is one. */
  #sharingHalf(group: CampaignGroup): Campaign | undefined {
    const { clients } = group;
    return [...this.#lasting].find(
      (campaign) => clients.filter((client) => campaign.has(client)).length * 2 >= clients.length,
    );
  }

  #leave(group: CampaignGroup, now: number): void {
    const { campaign } = group;
    group.campaign = null;
    campaign?.groups.delete(group);
    if (campaign?.groups.size === 0) this.#end(campaign, now);
  }

  #end(campaign: Campaign, now: number): void {
    if (!this.#lasting.delete(campaign)) return;
    for (const group of campaign.groups) group.campaign = null;
    campaign.groups.clear();
    campaign.endedAt = now;
    this.#ended.push(campaign);
    if (this.#ended.length > this.#bounds.ended) this.#ended.shift();
    this.#options.onEnd?.(campaign);
  }

  #triesOf(key: ClientKey, client: Network, time: number): Client {
    const known = this.#clients.get(key);
    if (known !== undefined && known.lastSeen >= time - this.#config.window) {
      if (time > known.lastSeen) known.lastSeen = time;
      return known;
    }
    const system = known?.system ?? this.#options.systemOf?.(client) ?? null;
    const tries = { tags: [], sites: [], system, lastSeen: time };
    this.#clients.set(key, tries);
    return tries;
  }

  #newGroups<K>(): Groups<K> {
    return new Generations(
      this.#bounds.groups,
      ({ campaign }) => campaign !== null,
      (group) => this.#leave(group, group.newest),
    );
  }
}

/** The network of a client's key. */
export const clientOf = (key: ClientKey): Network =>
  typeof key === 'number' ? new Network(4, 0, 0, 0, key) : parseNetwork(key)!;

const keyOf = (network: Network): ClientKey => (network.family === 4 ? network.d : String(network));

function groupOf<K>(
  table: Groups<K>,
  key: K,
  describe: () => ConstructorParameters<typeof CampaignGroup>,
): CampaignGroup {
  const known = table.get(key);
  if (known !== undefined) return known;
  const group = new CampaignGroup(...describe());
  table.set(key, group);
  return group;
}
