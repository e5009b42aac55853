import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type NewReportTest, PortcullisError, type ReportTest } from '@portcullis/contracts';
import {
  type BanRecord,
  type CampaignReader,
  type Clock,
  createSiteRoutes,
  type DestinationConfig,
  type HostEvent,
  isAtLeast,
  type MessageContent,
  type Outbox,
  type PeriodicReport,
  type ReportedOrigin,
  type Reporter,
  type ReportMessage,
  type SiteRoutes,
  severityOf,
} from '@portcullis/core';
import { Delivery } from './delivery.ts';
import { createMessages } from './next-message.ts';
import { openReporter } from './open-reporter.ts';
import { Pacer } from './pacer.ts';
import { createView } from './view.ts';

/** How long the reports of a daemon that stops may take, in milliseconds: it has 5 s for everything. */
const finishLimit = 1_500;
/** How long a test may take, in milliseconds: whoever asked for it waits 5 s, of which the pacer may take one. */
const testLimit = 3_500;

export interface ReportsOptions {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: () => number;
  /** systemd's directory of credentials; undefined where it gave none. */
  readonly credentials: string | undefined;
  /** The id of the registered site that a name belongs to. */
  readonly ownerOf: (name: string) => string | null;
  readonly originOf: (ip: string) => ReportedOrigin;
  /** Whose lines the readers of a place may see. */
  readonly readerOf: (destination: DestinationConfig) => CampaignReader;
  readonly log: { warn(sentence: string): void; error(sentence: string): void };
  /** Says what is wrong with a destination; null: nothing any more. */
  readonly onTrouble: (destination: string, sentence: string | null) => void;
}

interface OpenPlace {
  readonly destination: DestinationConfig;
  readonly reporter: Reporter;
  readonly delivery: Delivery;
}
/** Without a reporter while its secret cannot be read. */
type Place =
  | OpenPlace
  | { readonly destination: DestinationConfig; readonly reporter: null; readonly delivery: null };

/**
 * Tells people what happened, through every place that is configured. What is told is written into the outbox, in the
 * transaction that is open, and delivered later by a `Delivery` each: nothing here waits for anybody.
 */
export class Reports {
  readonly #options: ReportsOptions;
  readonly #pacer: Pacer;
  readonly #host = hostname();
  #routes: SiteRoutes;
  #places: readonly Place[] = [];

  constructor(options: ReportsOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.clock);
    this.#routes = createSiteRoutes([], options.ownerOf);
  }

  /** Takes what is configured now; reads every secret anew. What waits for a place that is still there goes on waiting. */
  async configure(destinations: readonly DestinationConfig[]): Promise<void> {
    const { outbox, onTrouble } = this.#options;
    const before = this.#places;
    this.#places = [];
    await Promise.all(before.map(({ delivery }) => delivery?.finish(0)));
    this.#routes = createSiteRoutes(destinations, this.#options.ownerOf);
    outbox.keep(destinations.map(({ name }) => name));
    for (const { destination } of before) onTrouble(destination.name, null);
    this.#places = destinations.map((destination) => {
      const place = this.#open(destination);
      if (typeof place !== 'string') return place;
      onTrouble(destination.name, `Nothing is sent to [${destination.name}]: ${place}`);
      return { destination, reporter: null, delivery: null };
    });
    for (const { delivery } of this.#places) delivery?.wake();
  }

  /** @returns the place, or a sentence about why there is none */
  #open(destination: DestinationConfig): OpenPlace | string {
    const { outbox, clock, random, credentials, originOf, readerOf, log, onTrouble } = this.#options;
    const { name } = destination;
    const reporter = openReporter(destination, credentials, clock);
    if (typeof reporter === 'string') return reporter;
    const view = createView(this.#routes, originOf, readerOf);
    const delivery = new Delivery({
      destination,
      reporter,
      outbox,
      messages: createMessages({ outbox, host: this.#host, view }),
      pacer: this.#pacer,
      clock,
      random,
      minuteOf,
      onTrouble: (sentence) => onTrouble(name, sentence),
      onRefused: (sentence) => log.error(sentence),
    });
    return { destination, reporter, delivery };
  }

  /** Writes that an address was banned, in the transaction of the ban: one row for each place that is told. */
  banned({ id, evidence }: BanRecord): void {
    if (this.#places.length === 0) return;
    const ofSites = new Set(Object.keys(evidence.sites).flatMap((site) => this.#routes.forSite(site)));
    this.#write(
      'ban',
      this.#places.filter(({ destination }) => destination.site === null || ofSites.has(destination)),
      (names, at) => this.#options.outbox.addBan(names, id, at),
    );
  }

  /** Takes from the daemon's own events what a person is told. */
  hear({ type, data }: { readonly type: string; readonly data: Record<string, unknown> }): void {
    if (type === 'repair') this.tell({ kind: 'drift', faults: [data['faults']].flat().map(String) });
  }

  /** Writes what happened to the daemon, for the host's own places and, of one site, for that site's. */
  tell(event: HostEvent): void {
    const ofSite = event.kind === 'silent_site' ? this.#routes.forSite(event.site) : [];
    this.#add(
      event,
      this.#places.filter(({ destination }) => destination.site === null || ofSite.includes(destination)),
    );
  }

  /** Writes what the places of one reader are told. */
  tellReader(reader: CampaignReader, event: HostEvent): void {
    this.#add(
      event,
      this.#places.filter(({ destination }) => this.#options.readerOf(destination) === reader),
    );
  }

  /** Writes what one place alone is told. */
  tellOne(destination: DestinationConfig, event: HostEvent): void {
    this.#add(
      event,
      this.#places.filter((place) => place.destination.name === destination.name),
    );
  }

  #add(event: HostEvent, places: readonly Place[]): void {
    this.#write(event.kind, places, (names, at) => this.#options.outbox.add(names, event, at));
  }

  get destinations(): readonly DestinationConfig[] {
    return this.#places.map(({ destination }) => destination);
  }

  /** Places of sites, but not the host's, that are told of what a name's lines bring about. */
  placesOf(site: string): readonly DestinationConfig[] {
    return this.#routes.forSite(site);
  }

  /** Whether the readers of a destination may know of a site. */
  concerns(destination: DestinationConfig, site: string): boolean {
    return destination.site === null || this.#routes.forSite(site).includes(destination);
  }

  #write(
    kind: HostEvent['kind'] | 'ban',
    places: readonly Place[],
    write: (names: readonly string[], at: number) => void,
  ): void {
    // Which reports a place gets, it says by itself.
    const isWanted = ({ minSeverity }: DestinationConfig) =>
      kind === 'report' || isAtLeast(severityOf[kind], minSeverity);
    const told = places.filter(({ destination }) => isWanted(destination));
    if (told.length === 0) return;
    write(
      told.map(({ destination }) => destination.name),
      this.#options.clock.now(),
    );
    for (const { delivery } of told) delivery?.wake();
  }

  /** Names of sites may belong to other places now. */
  sitesChanged(): void {
    this.#routes.forget();
  }

  /**
   * Sends a test at once and says what came of it. A place that takes it is sent what waits, even where it was given up.
   *
   * @throws PortcullisError not_configured where nothing is sent, or its secret cannot be read
   */
  test({ destination = 'slack', site }: NewReportTest): Promise<ReportTest> {
    const place = this.#placeFor(destination, site);
    return this.#sendNow(place, { kind: 'test', destination: place.destination.name });
  }

  /**
   * Sends a report at once, past the outbox, and says what came of it.
   *
   * @param compose what the readers of the place may see
   * @throws PortcullisError as `test`
   */
  async sendReport(
    { destination = 'slack', site }: NewReportTest,
    compose: (destination: DestinationConfig) => Promise<PeriodicReport>,
  ): Promise<ReportTest> {
    const place = this.#placeFor(destination, site);
    const report = await compose(place.destination);
    return this.#sendNow(place, { kind: 'report', report, more: 0, since: report.since });
  }

  async #sendNow(
    { destination, reporter, delivery }: OpenPlace,
    content: MessageContent,
  ): Promise<ReportTest> {
    const { clock } = this.#options;
    const { name, site } = destination;
    await pause(this.#pacer.wait(reporter.endpoint));
    const at = clock.now();
    const id = `${this.#host}/${name}/${content.kind}/${at}`;
    const message: ReportMessage = { id, host: this.#host, site, at, severity: 'info', content };
    const { result, status, answer } = await this.#pacer.take(reporter.endpoint, () =>
      reporter.send(message, AbortSignal.timeout(testLimit)),
    );
    if (result === 'delivered') delivery.resume();
    return {
      destination: name,
      host: reporter.host,
      result,
      status,
      answer,
      took_ms: Math.max(0, clock.now() - at),
    };
  }

  #placeFor(kind: DestinationConfig['kind'], site: string | undefined): OpenPlace {
    const destination =
      site === undefined
        ? this.#places.find((place) => place.destination.name === kind)?.destination
        : (this.#places.find((place) => place.destination.name === `${kind}.sites.${site}`)?.destination ??
          this.#routes.forSite(site).find((place) => place.kind === kind));
    if (destination === undefined) {
      throw new PortcullisError(
        'not_configured',
        site === undefined ? `The configuration has no [${kind}].` : `No [${kind}.sites.…] is for ${site}.`,
        { hint: `Give it one, as in docs/slack.md, and reload: systemctl reload portcullis.` },
      );
    }
    const known = this.#places.find((place) => place.destination === destination)!;
    if (known.reporter !== null) return known;
    // A secret that could not be read at the start may be there by now.
    const opened = this.#open(destination);
    if (typeof opened === 'string') {
      throw new PortcullisError('not_configured', `Nothing can be sent to [${destination.name}]: ${opened}`, {
        hint: 'Mend that, and reload: systemctl reload portcullis.',
      });
    }
    this.#places = this.#places.map((place) => (place === known ? opened : place));
    this.#options.onTrouble(destination.name, null);
    opened.delivery.wake();
    return opened;
  }

  /** Sends what can be sent within 1.5 s. The rest waits for the next start. */
  async stop(): Promise<void> {
    await Promise.all(this.#places.map(({ delivery }) => delivery?.finish(finishLimit)));
  }
}

/** By the host's zone. */
function minuteOf(instant: number): number {
  const date = new Date(instant);
  return date.getHours() * 60 + date.getMinutes();
}
