import type { CampaignGroup, ClientKey } from './campaign-group.ts';
import { Generations } from './generations.ts';

/** Names and sites that a campaign counts; names of one client. */
const maxNames = 500;
const maxSites = 100;
const maxTried = 8;

/** A name from so many clients on is one that the campaign tries; fewer may have mistyped their own. */
export const triedByMany = 3;

interface NameTried {
  readonly name: string;
  clients: number;
}

/** What one client has tried, and where: at most 8 of each. */
export interface Tries {
  readonly tags: number[];
  readonly sites: string[];
}

export const addTry = (tries: Tries, tag: number, site: string): void => {
  if (tag !== 0) addOnce(tries.tags, tag);
  addOnce(tries.sites, site);
};

/** A campaign that an earlier run recognised, and that lasted when it ended. */
export interface KnownCampaign {
  readonly id: string;
  readonly since: number;
}

/** Many clients with something in common and few tries each, shown as one. */
export class Campaign {
  /** The same again after a restart that sees the same beginning. */
  readonly id: string;
  readonly since: number;
  lastSeen: number;
  /** Null while it lasts. */
  endedAt: number | null = null;
  /** How many clients took part since it began. */
  addresses = 0;
  /** What its clients have in common. */
  readonly groups = new Set<CampaignGroup>();
  readonly names = new Map<number, NameTried>();
  /** How many clients tried each site. */
  readonly sites = new Map<string, number>();
  readonly #clients: Generations<ClientKey, Tries>;

  /**
   * @param members clients that it tells apart; one that is not seen while half as many others are counts again when it comes back
   * @param known what it was called before a restart
   */
  constructor(group: CampaignGroup, since: number, members: number, known?: KnownCampaign) {
    this.id = known?.id ?? idOf(group, since);
    this.since = known?.since ?? since;
    this.lastSeen = group.newest;
    this.#clients = new Generations(members);
  }

  get clients(): Iterable<ClientKey> {
    return this.#clients.keys();
  }

  has(client: ClientKey): boolean {
    return this.#clients.peek(client) !== undefined;
  }

  /** @param nameOf the name of a tag; undefined where it is not known any more */
  join(client: ClientKey, tries: Tries, time: number, nameOf: (tag: number) => string | undefined): void {
    if (time > this.lastSeen) this.lastSeen = time;
    let known = this.#clients.get(client);
    if (known === undefined) {
      this.addresses++;
      known = { tags: [], sites: [] };
      this.#clients.set(client, known);
    }
    for (const tag of tries.tags) {
      if (addOnce(known.tags, tag)) this.#countName(tag, nameOf);
    }
    for (const site of tries.sites) {
      if (addOnce(known.sites, site) && (this.sites.size < maxSites || this.sites.has(site)))
        this.sites.set(site, (this.sites.get(site) ?? 0) + 1);
    }
  }

  /** Whether so many of its clients tried the name that it is the campaign's, not one client's own. */
  tries(tag: number): boolean {
    return (this.names.get(tag)?.clients ?? 0) >= triedByMany;
  }

  #countName(tag: number, nameOf: (tag: number) => string | undefined): void {
    const known = this.names.get(tag);
    if (known !== undefined) {
      known.clients++;
      return;
    }
    const name = this.names.size < maxNames ? nameOf(tag) : undefined;
    if (name !== undefined) this.names.set(tag, { name, clients: 1 });
  }
}

function addOnce<T>(list: T[], value: T): boolean {
  if (list.length >= maxTried || list.includes(value)) return false;
  list.push(value);
  return true;
}

/** The minute in which it began, and four digits that tell those of one minute apart. */
function idOf({ name }: CampaignGroup, since: number): string {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0)!, 0x01000193);
  const minute = new Date(since).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${minute}-${((hash ^ (hash >>> 16)) & 0xffff).toString(16).padStart(4, '0')}`;
}
