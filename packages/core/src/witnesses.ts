import { doubtBits, namesStoredAddress } from './doubts.ts';
import type { Sender } from './ports.ts';
import { SiteOwners } from './site-owners.ts';
import type { WordPressLine } from './wordpress-line.ts';

/** Sources that are told apart, where none is registered: the Host header is a client's to choose. The rest are not measured. */
const maxSources = 20_000;
/** Names whose owner is remembered. */
const maxNames = 4_096;

export const unregisteredSites = 'sites that are not registered';

/** What is known of who may write which lines. */
export interface Registered {
  readonly owners: SiteOwners;
  /** The Unix user of each registered site, by its id; lines of those that are not in it may be written by anybody. */
  readonly uids: ReadonlyMap<string, number>;
}

/** Says whose word a line is, and how far it can be trusted. */
export class Witnesses {
  #registered: Registered = { owners: new SiteOwners(), uids: new Map() };
  readonly #owners = new Map<string, string | null>();
  readonly #sources = new Map<string, number>();
  readonly #names: string[] = ['others'];

  register(registered: Registered): void {
    this.#registered = registered;
    this.#owners.clear();
  }

  /** What speaks against the line, as bits of `doubtBits`; whether it is one of a burst is not for a single line to tell. */
  doubts(line: WordPressLine, sender: Sender | null): number {
    const { message, site } = line;
    let doubts = 0;
    if (message !== null && namesStoredAddress(message)) doubts |= doubtBits.stored_address;
    if (line.isLongName) doubts |= doubtBits.long_name;
    if (this.#registered.owners.isEmpty) return doubts;
    const owner = this.ownerOf(site);
    if (owner === null) return doubts | doubtBits.unregistered_site;
    const uid = this.#registered.uids.get(owner);
    // Root may write what it likes, here as everywhere.
    if (sender !== null && sender.uid !== 0 && uid !== undefined && uid !== sender.uid)
      doubts |= doubtBits.wrong_sender;
    return doubts;
  }

  /**
   * A number for whoever vouches for the line: the Unix user where the journal names one but root, or else the site that it
   * names. Names that are not registered count as one source where others are: whoever writes lines can make up many.
   */
  source(site: string, sender: Sender | null): number {
    return this.#numberOf(sender === null || sender.uid === 0 ? this.#siteOf(site) : `user ${sender.uid}`);
  }

  /** A site's name or id, or `user 1001`. */
  nameOf(source: number): string {
    return this.#names[source] ?? this.#names[0]!;
  }

  #siteOf(site: string): string {
    if (this.#registered.owners.isEmpty) return site;
    return this.ownerOf(site) ?? unregisteredSites;
  }

  /** The registered site that a name in the log belongs to. */
  ownerOf(site: string): string | null {
    let owner = this.#owners.get(site);
    if (owner === undefined) {
      owner = this.#registered.owners.ownerOf(site);
      if (this.#owners.size >= maxNames) this.#owners.clear();
      this.#owners.set(site, owner);
    }
    return owner;
  }

  #numberOf(name: string): number {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= maxSources) return 0;
    const number = this.#names.push(name) - 1;
    this.#sources.set(name, number);
    return number;
  }
}
