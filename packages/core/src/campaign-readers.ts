import type { Network } from './address.ts';
import type { Campaign, KnownCampaign } from './campaign.ts';
import type { CampaignGroup } from './campaign-group.ts';
import { type CampaignBounds, type CampaignConfig, Campaigns, type Tried } from './campaigns.ts';

/** Whose lines a campaign is recognised from, and who is told of it. The empty text is the host: all lines. */
export type CampaignReader = string;
export const hostReader: CampaignReader = '';

export interface CampaignReadersOptions {
  readonly config: CampaignConfig;
  readonly seed: number;
  readonly systemOf?: (client: Network) => number | null;
  /** Who but the host may read lines that name the site. */
  readonly readersOf: (site: string) => readonly CampaignReader[];
  readonly onBegin?: (reader: CampaignReader, campaign: Campaign) => void;
  readonly onEnd?: (reader: CampaignReader, campaign: Campaign) => void;
  readonly resume?: (reader: CampaignReader, group: CampaignGroup) => KnownCampaign | undefined;
}

/** Readers besides the host whose lines are looked at; without a campaign one gives way to another after a window. */
export const maxReaders = 100;
const readerBounds: CampaignBounds = {
  groups: 128,
  clients: 512,
  lasting: 3,
  ended: 3,
  members: 500,
  seen: 1 << 12,
};

/**
 * Campaigns as each reader's own lines show them. A site is told of none but those that its lines alone would be: whatever
 * happens elsewhere changes nothing of what it is told, so no number, name or time in it can tell of others.
 */
export class CampaignReaders {
  readonly host: Campaigns;
  readonly #options: CampaignReadersOptions;
  readonly #readers = new Map<CampaignReader, { readonly campaigns: Campaigns; readonly since: number }>();
  #config: CampaignConfig;

  constructor(options: CampaignReadersOptions) {
    this.#options = options;
    this.#config = options.config;
    this.host = this.#create(hostReader);
  }

  /** What a reader's lines show; undefined: nothing yet. */
  of(reader: CampaignReader): Campaigns | undefined {
    return reader === hostReader ? this.host : this.#readers.get(reader)?.campaigns;
  }

  /** Every reader of whom something is known, the host first. */
  *all(): Iterable<[CampaignReader, Campaigns]> {
    yield [hostReader, this.host];
    for (const [reader, { campaigns }] of this.#readers) yield [reader, campaigns];
  }

  configure(config: CampaignConfig): void {
    this.#config = config;
    for (const [, campaigns] of this.all()) campaigns.configure(config);
  }

  /** Forgets readers that are there no longer. */
  keep(isThere: (reader: CampaignReader) => boolean): void {
    for (const reader of [...this.#readers.keys()]) if (!isThere(reader)) this.#readers.delete(reader);
  }

  // ─── What a detector asks ─────────────────────────────────────────────────────────────────────────────────────

  get maxretry(): number | null {
    return this.host.maxretry;
  }

  observe(address: Network, tag: number, time: number, tried: Tried): void {
    this.host.observe(address, tag, time, tried);
    if (this.#config.addresses === 0) return;
    for (const reader of this.#options.readersOf(tried.site)) {
      this.#placeFor(reader, time)?.observe(address, tag, time, tried);
    }
  }

  fitting(address: Network, tag: number, time: number): Campaign | null {
    return this.host.fitting(address, tag, time);
  }

  sweep(now: number): void {
    for (const [, campaigns] of this.all()) campaigns.sweep(now);
    if (this.#readers.size < maxReaders) return;
    for (const [reader, { campaigns, since }] of this.#readers) {
      if (campaigns.lasting === 0 && since < now - this.#config.window) this.#readers.delete(reader);
    }
  }

  #placeFor(reader: CampaignReader, time: number): Campaigns | undefined {
    const known = this.#readers.get(reader);
    if (known !== undefined || this.#readers.size >= maxReaders) return known?.campaigns;
    const campaigns = this.#create(reader, readerBounds);
    this.#readers.set(reader, { campaigns, since: time });
    return campaigns;
  }

  #create(reader: CampaignReader, bounds?: CampaignBounds): Campaigns {
    const { seed, systemOf, onBegin, onEnd, resume } = this.#options;
    return new Campaigns({
      config: this.#config,
      seed,
      ...(systemOf === undefined ? {} : { systemOf }),
      ...(bounds === undefined ? {} : { bounds }),
      onBegin: (campaign) => onBegin?.(reader, campaign),
      onEnd: (campaign) => onEnd?.(reader, campaign),
      resume: (group) => resume?.(reader, group),
    });
  }
}
