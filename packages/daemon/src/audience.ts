import { type CampaignReader, type DestinationConfig, hostReader, siteActor } from '@portcullis/core';

/** Names whose readers are remembered; a client chooses them, so they are no end. */
const maxRemembered = 4_096;

export interface AudienceOptions {
  /** The id of the registered site that a name belongs to. */
  readonly ownerOf: (name: string) => string | null;
  readonly isRegistered: (id: string) => boolean;
  /** Channels of sites that are told of what a name's lines bring about. */
  readonly placesOf: (name: string) => readonly DestinationConfig[];
  readonly places: () => readonly DestinationConfig[];
}

/**
 * Who may read which lines: a registered site those of its names, a sub-site its own, the channel of a site that is not
 * registered those of the names that go there.
 */
export class Audience {
  readonly #options: AudienceOptions;
  #known = new Map<string, readonly CampaignReader[]>();

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  /** All but the host, which reads every line. */
  readersOf(name: string): readonly CampaignReader[] {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const found = this.#find(name);
    if (this.#known.size >= maxRemembered) this.#known = new Map();
    this.#known.set(name, found);
    return found;
  }

  #find(name: string): CampaignReader[] {
    const { ownerOf, placesOf } = this.#options;
    const owner = ownerOf(name);
    const places = placesOf(name).map((place) => this.readerOf(place));
    const parts =
      owner === null ? [] : [siteActor({ id: owner, sub: null }), siteActor({ id: owner, sub: name })];
    // A site's own channel reads what the site does.
    return [...parts, ...places.filter((reader) => reader.startsWith('to:'))];
  }

  /** Whose lines the readers of a channel may see. */
  readerOf({ name, site }: DestinationConfig): CampaignReader {
    if (site === null) return hostReader;
    return this.#options.isRegistered(site) ? siteActor({ id: site, sub: null }) : `to:${name}`;
  }

  isThere(reader: CampaignReader): boolean {
    if (reader === hostReader) return true;
    const { places, isRegistered, ownerOf } = this.#options;
    const [kind, id = '', ...sub] = reader.split(':');
    if (kind === 'to') return places().some((place) => this.readerOf(place) === reader);
    return sub.length === 0 ? isRegistered(id) : ownerOf(sub.join(':')) === id;
  }

  /** Names that are asked for from now on may be others'. */
  forget(): void {
    this.#known = new Map();
  }
}
