import {
  type BanRecord,
  type Campaign,
  type CampaignConfig,
  type CampaignReader,
  CampaignReaders,
  type Clock,
  clientOf,
  type HostEvent,
  hostReader,
  type Network,
  type ReportedCampaign,
} from '@portcullis/core';
import type { Audience } from './audience.ts';
import { type PlaceOf, reportedCampaign } from './campaign-list.ts';
import type { EventHub } from './event-hub.ts';
import type { CampaignTable, ToldCampaign } from './store/campaigns.ts';

/** How often what was told of a campaign that lasts is kept anew, in milliseconds. */
const keepInterval = 60_000;
/** What its addresses have in common that is kept of a campaign. */
const maxMarks = 20;

export interface CampaignNewsOptions {
  readonly config: CampaignConfig;
  readonly seed: number;
  readonly systemOf: (client: Network) => number | null;
  readonly placeOf: PlaceOf;
  readonly clock: Clock;
  readonly table: CampaignTable;
  readonly transaction: <T>(work: () => T) => T;
  readonly audience: Pick<Audience, 'readersOf' | 'isThere'>;
  readonly events: Pick<EventHub, 'publish'>;
  /** Writes what the channels of a reader are told, in the transaction that is open. */
  readonly tell: (reader: CampaignReader, event: HostEvent) => void;
}

/**
 * Campaigns as each reader sees them, told once when they begin and once when they are over, over restarts as well, and
 * noted with the bans of those who take part.
 */
export class CampaignNews {
  readonly readers: CampaignReaders;
  readonly #options: CampaignNewsOptions;
  /** Told as begun and not as over. */
  readonly #told: Map<string, ToldCampaign>;
  /** Of these, what an earlier run told and this one has not seen yet. */
  readonly #left: Map<string, ToldCampaign>;
  #config: CampaignConfig;
  #keptAt = 0;

  constructor(options: CampaignNewsOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#told = new Map(options.table.lasting().map((each) => [keyOf(each.reader, each.told.id), each]));
    this.#left = new Map(this.#told);
    this.readers = new CampaignReaders({
      ...options,
      readersOf: (site) => options.audience.readersOf(site),
      onBegin: (reader, campaign) => this.#begin(reader, campaign),
      onEnd: (reader, campaign) => this.#end(reader, campaign),
      resume: (reader, { name }) => this.#resume(reader, name),
    });
  }

  configure(config: CampaignConfig): void {
    this.#config = config;
    this.readers.configure(config);
  }

  /** Notes which campaigns a new ban is part of; inside its transaction. */
  banned({ id, network, evidence }: BanRecord): void {
    if (network.prefix < (network.family === 4 ? 32 : 64)) return;
    const readers = new Set([hostReader]);
    for (const site of Object.keys(evidence.sites)) {
      for (const reader of this.#options.audience.readersOf(site)) readers.add(reader);
    }
    for (const reader of readers) {
      const campaign = this.readers.of(reader)?.lastingOf(network);
      if (campaign != null) this.#options.table.addBan(id, reader, campaign.id);
    }
  }

  /** To be called after a sweep: keeps what changed, and ends what was over before this run. */
  check(): void {
    const { clock, table, transaction } = this.#options;
    const now = clock.now();
    if (now - this.#keptAt < keepInterval && now >= this.#keptAt) return;
    this.#keptAt = now;
    if (this.#told.size === 0) return;
    transaction(() => {
      for (const [reader, campaigns] of this.readers.all()) {
        for (const campaign of campaigns.list()) {
          const known = this.#told.get(keyOf(reader, campaign.id));
          if (known === undefined || isAsTold(campaign, known.told)) continue;
          table.update(this.#remember(reader, campaign));
        }
      }
      for (const [key, left] of this.#left) {
        if (left.told.lastSeen < now - this.#config.window) this.#over(key, left);
      }
    });
  }

  /** Sites or channels are others now. */
  readersChanged(): void {
    const { table, audience } = this.#options;
    const isThere = (reader: CampaignReader) => audience.isThere(reader);
    this.readers.keep(isThere);
    table.keep(isThere);
    for (const [key, { reader }] of this.#told) {
      if (isThere(reader)) continue;
      this.#told.delete(key);
      this.#left.delete(key);
    }
  }

  #begin(reader: CampaignReader, campaign: Campaign): void {
    const { table, transaction, tell } = this.#options;
    const isKnown = this.#told.has(keyOf(reader, campaign.id));
    transaction(() => {
      this.#noteBans(reader, campaign);
      const begun = this.#describe(reader, campaign);
      if (isKnown || !table.begin(begun)) return;
      this.#told.set(keyOf(reader, campaign.id), begun);
      tell(reader, { kind: 'campaign', campaign: begun.told });
    });
    if (reader === hostReader) this.#publish(campaign, false);
  }

  #end(reader: CampaignReader, campaign: Campaign): void {
    const key = keyOf(reader, campaign.id);
    if (this.#told.has(key)) {
      this.#options.transaction(() => this.#over(key, this.#remember(reader, campaign)));
    }
    if (reader === hostReader) this.#publish(campaign, true);
  }

  #over(key: string, campaign: ToldCampaign): void {
    const { table, tell } = this.#options;
    const { reader, told } = campaign;
    this.#told.delete(key);
    this.#left.delete(key);
    table.end(campaign);
    tell(reader, {
      kind: 'campaign_over',
      campaign: { ...told, bans: table.countBans(reader, told.id, 'all') },
    });
  }

  #resume(reader: CampaignReader, mark: string): ReportedCampaign | undefined {
    for (const [key, { reader: whose, marks, told }] of this.#left) {
      if (whose !== reader || !marks.includes(mark)) continue;
      this.#left.delete(key);
      return told;
    }
    return undefined;
  }

  /** Bans in force of those who take part already: but for the host's, those that rest on lines of the reader. */
  #noteBans(reader: CampaignReader, { id, clients }: Campaign): void {
    const { table, audience } = this.#options;
    const isOwn = (site: string) => reader === hostReader || audience.readersOf(site).includes(reader);
    for (const ban of table.bansWithin([...clients].map(clientOf))) {
      if (reader === hostReader || ban.sites.some(isOwn)) table.addBan(ban.id, reader, id);
    }
  }

  #remember(reader: CampaignReader, campaign: Campaign): ToldCampaign {
    const described = this.#describe(reader, campaign);
    this.#told.set(keyOf(reader, campaign.id), described);
    return described;
  }

  #describe(reader: CampaignReader, campaign: Campaign): ToldCampaign {
    const { placeOf, table } = this.#options;
    const before = this.#told.get(keyOf(reader, campaign.id));
    const marks = [...campaign.groups].slice(0, maxMarks).map(({ name }) => name);
    const told = reportedCampaign(campaign, placeOf, table.countBans(reader, campaign.id, 'all'));
    return {
      reader,
      marks: marks.length > 0 ? marks : (before?.marks ?? []),
      // After a restart a part of those who took part is counted anew.
      told: { ...told, addresses: Math.max(told.addresses, before?.told.addresses ?? 0) },
    };
  }

  #publish({ id, addresses }: Campaign, over: boolean): void {
    this.#options.events.publish('campaign', { id, addresses, over });
  }
}

const isAsTold = ({ lastSeen, addresses }: Campaign, told: ReportedCampaign): boolean =>
  lastSeen === told.lastSeen && addresses <= told.addresses;

const keyOf = (reader: CampaignReader, id: string): string => `${id} ${reader}`;
