import {
  type BanStore,
  BurstWatch,
  type Clock,
  type Detector,
  doubtBits,
  FailureBatch,
  instant,
  LineSplitter,
  type LogChunk,
  type LogEntries,
  type LogFile,
  type LogPosition,
  type Network,
  type Sender,
  type SiteActivity,
  StampReader,
  type Verdict,
  WordPressLine,
  type ZoneClock,
} from '@portcullis/core';
import { Draft } from './draft.ts';
import type { Stranger } from './evidence-watch.ts';
import { optimize } from './tier-up.ts';

/** A chunk of this many bytes is hundreds of lines at once: a log to catch up with. */
const muchToRead = 64 * 1024;
/** So many entries of the journal are that, too. */
const manyEntries = 1_000;

/** What a chunk of log came to. */
interface Findings {
  readonly verdicts: Verdict[];
  /** Clients that would be banned but for doubts. */
  readonly doubtful: Verdict[];
  /** By site and user. */
  readonly strangers: Map<string, Stranger>;
  readonly sites: Map<
    string,
    { events: number; failures: number; firstEventAt: number; lastEventAt: number }
  >;
  cutLines: number;
}

/** One log that is being read, with the stamps seen so far. */
interface Reader {
  readonly log: string;
  readonly bursts: BurstWatch<Draft>;
  readonly stamps: StampReader;
  readonly line: WordPressLine;
  /** Lines with an earlier stamp do not count. */
  readonly since: number;
  /** Up to where it is read; null: nothing of it was. */
  position: LogPosition | null;
}

/** A log of bytes: what waits for its newline. */
interface FileReader extends Reader {
  file: LogFile;
  readonly splitter: LineSplitter;
  /** Where the next chunk must begin. */
  offset: number;
}

export interface PipelineOptions {
  readonly store: BanStore;
  readonly detector: Detector;
  readonly clock: Clock;
  readonly zone: ZoneClock;
  /**
   * What is older than this does not count in a log that has never been read, in epoch milliseconds: who installs
   * Portcullis has not asked for yesterday's bans. A log that is resumed counts from where it was left.
   */
  readonly newLogsSince: number;
  /** Takes a verdict that does no more than to end a ban later, while there is a log to catch up with; false: it is more. */
  readonly postpone: (verdict: Verdict) => boolean;
  /** Called before each chunk. */
  readonly begin: () => void;
  /** Records what the verdicts lead to, inside the transaction of the lines that led to them. `much`: there is a log to catch up with. */
  readonly record: (verdicts: readonly Verdict[], much: boolean) => void;
  /** Calls the work once, later: what waits for the end of its instant is settled then. In milliseconds. */
  readonly later: (work: () => void, delay: number) => void;
  /** Called for clients that would be banned but for doubts about their failures, and for lines of the wrong user. */
  readonly onDoubtful: (verdicts: readonly Verdict[], strangers: readonly Stranger[]) => void;
  /** Called after the transaction: what was recorded may be applied now. */
  readonly committed: () => void;
  readonly onCutLine: (log: string) => void;
  /** Called for each failure that does not count because its address is a proxy’s. */
  readonly onProxied?: (address: Network, line: WordPressLine) => void;
  /** Called for each successful login. */
  readonly onLogin?: (address: Network, line: WordPressLine) => void;
  /** Called for a line that `portcullis doctor` wrote: it is no evidence of anything and leaves no trace. */
  readonly onSelfTest: (log: string, line: WordPressLine, address: Network, now: number) => void;
}

/**
 * From bytes or entries to recorded decisions: chunk → lines → entries → failures → verdicts, and all of it, with the position up
 * to which the log is read, in one transaction. After a crash each line has counted exactly once.
 */
export class Pipeline {
  /** Failures counted since the start, by jail-independent count. */
  failures = 0;
  /** Lines read since the start. */
  lines = 0;
  /** When the latest WordPress line of each log was written. */
  readonly lastEventAt = new Map<string, number>();
  readonly #options: PipelineOptions;
  readonly #files = new Map<string, FileReader>();
  /** The journal's, once it gave entries. */
  #journal: Reader | null = null;
  /** Logs whose position was known when this run began. */
  #resumed: ReadonlySet<string>;
  #newLogsSince: number;
  #nextId: number;
  /** Of what is being read now. */
  #findings: Findings = noFindings();
  #now = 0;
  #much = false;
  readonly #failures = new FailureBatch();
  /** Drafts that are counted: the next failures take their places. */
  readonly #drafts: Draft[] = [];
  readonly #weight = { doubts: 0, source: 0 };

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#resumed = new Set(options.store.positions().map(({ log }) => log));
    this.#newLogsSince = options.newLogsSince;
    this.#nextId = options.store.lastFailureId() + 1;
  }

  /** Files are read in place of the journal now, or the journal in place of files: what was written before `since` has counted. */
  readAnew(since: number): void {
    this.settle();
    this.#files.clear();
    this.#journal = null;
    this.#resumed = new Set();
    this.#newLogsSince = since;
  }

  /** The id that the latest failure has. */
  get lastFailureId(): number {
    return this.#nextId - 1;
  }

  chunk(chunk: LogChunk): void {
    const { file, bytes, last } = chunk;
    const much = bytes.length >= muchToRead;
    if (much) optimize();
    const reader = this.#fileReader(chunk);
    this.#take(reader, much, () => {
      const { splitter } = reader;
      reader.file = file;
      // The first line may have begun in chunks of before.
      let begun = chunk.offset - splitter.pending;
      const onLine = (line: Uint8Array, start: number, end: number, cut: boolean) => {
        if (line === bytes) {
          begun = chunk.offset + start;
          this.#line(reader, line, start, end, cut, null, begun);
          // A line that an earlier chunk began: the splitter uses its memory again for what this one ends with.
        } else this.#line(reader, line.slice(start, end), 0, end - start, cut, null, begun);
        begun = chunk.offset;
      };
      splitter.push(bytes, onLine);
      if (last) {
        begun = chunk.offset + bytes.length - splitter.pending;
        splitter.end(onLine);
        reader.bursts.flush();
        this.#files.delete(file.log);
      }
      reader.offset = chunk.offset + bytes.length;
      reader.position = positionIn(file, reader.offset - splitter.pending);
    });
    this.#settleLater(reader, much);
  }

  entries({ entries, position }: LogEntries): void {
    this.#journal ??= this.#reader(position.log);
    const reader = this.#journal;
    const much = entries.length > manyEntries;
    this.#take(reader, much, () => {
      for (const entry of entries) {
        this.#line(reader, entry.line, 0, entry.line.length, entry.cut, entry.sender, reader.position);
        reader.position = entry.position;
      }
      reader.position = position;
    });
    this.#settleLater(reader, much);
  }

  /** Counts at once what waits for the end of its instant. */
  settle(): void {
    for (const reader of [...this.#files.values(), ...(this.#journal === null ? [] : [this.#journal])]) {
      this.#settle(reader);
    }
  }

  #settle(reader: Reader): void {
    if (reader.bursts.first !== undefined) this.#take(reader, false, () => reader.bursts.flush());
  }

  /**
   * Leaves a record's request the time to write its others, and that to be read: by this host's clock if the lines are new. A
   * log to catch up with goes on at once, so that its end alone is waited for.
   */
  #settleLater(reader: Reader, much: boolean): void {
    const first = reader.bursts.first;
    if (first === undefined) return;
    const allowance = instant / 1_000;
    const left = first.time + allowance - this.#options.clock.now();
    const delay = much ? allowance : Math.min(Math.max(left, 1), allowance);
    this.#options.later(() => this.#settle(reader), delay);
  }

  /**
   * @param much there is a log to catch up with
   * @param read counts lines, and moves the reader's position
   */
  #take(reader: Reader, much: boolean, read: () => void): void {
    const { store, clock, begin, record, committed, onCutLine, onDoubtful, detector } = this.#options;
    const { log } = reader;
    begin();
    const findings = noFindings();
    this.#findings = findings;
    this.#now = clock.now();
    this.#much = much;
    this.#failures.clear();
    reader.stamps.now = this.#now;
    read();
    // Somebody fails: from now on bans must not wait for slow code.
    if (this.#failures.length > 0) optimize();
    findings.doubtful.push(...detector.takeDoubtful());
    for (const draft of reader.bursts.held()) draft.keep();
    const waiting = reader.bursts.first;
    const position = waiting === undefined ? reader.position : placeOf(reader, waiting);
    store.transaction(() => {
      if (this.#failures.length > 0) store.insertFailures(this.#failures);
      if (findings.sites.size > 0) store.touchSites(activity(findings));
      if (findings.verdicts.length > 0) record(findings.verdicts, much);
      if (position !== null) store.savePosition(position);
    });
    if (findings.doubtful.length + findings.strangers.size > 0) {
      onDoubtful(findings.doubtful, [...findings.strangers.values()]);
    }
    const times = [...findings.sites.values()].map(({ lastEventAt }) => lastEventAt);
    if (times.length > 0) {
      this.lastEventAt.set(log, Math.max(this.lastEventAt.get(log) ?? 0, ...times));
    }
    if (findings.cutLines > 0) onCutLine(log);
    if (findings.verdicts.length > 0) committed();
  }

  #fileReader({ file, offset }: LogChunk): FileReader {
    const known = this.#files.get(file.log);
    if (known?.offset === offset) return known;
    if (known !== undefined) this.#settle(known);
    const reader = { ...this.#reader(file.log), file, splitter: new LineSplitter(), offset };
    this.#files.set(file.log, reader);
    return reader;
  }

  #reader(log: string): Reader {
    const stamps = new StampReader(this.#options.zone, this.#options.clock.now());
    const since = this.#resumed.has(log) ? Number.NEGATIVE_INFINITY : this.#newLogsSince;
    const bursts = new BurstWatch<Draft>((draft, burst) => this.#count(draft, burst));
    return { log, stamps, bursts, line: new WordPressLine(stamps), since, position: null };
  }

  /** @param before up to where the log is read without the line */
  #line(
    { log, line, bursts, since }: Reader,
    bytes: Uint8Array,
    start: number,
    end: number,
    cut: boolean,
    sender: Sender | null,
    before: Draft['before'],
  ): void {
    this.lines++;
    const now = this.#now;
    if (cut) this.#findings.cutLines++;
    if (!line.read(bytes, start, end, cut)) return;
    const { detector } = this.#options;
    if (line.message?.event === 'login_success') this.#login(line, sender);
    const pid = sender?.pid ?? -1;
    if (line.time < since) {
      if (line.reason === 'self_test') return;
      touch(this.#findings.sites, line.site, line.time, line.count, 0, now);
      bursts.see(line, pid, null);
      return;
    }
    const address = line.address();
    const reason = detector.examine(line, address, now);
    if (reason === 'proxy') this.#options.onProxied?.(address!, line);
    if (reason === 'self_test') {
      this.#options.onSelfTest(log, line, address!, now);
      return;
    }
    const { message } = line;
    // What no filter names is not kept: it is no evidence, and most lines of an honest log are such.
    if (address === null || message === null || message.filters === 0 || Number.isNaN(line.time)) {
      touch(this.#findings.sites, line.site, line.time, line.count, 0, now);
      bursts.see(line, pid, null);
      return;
    }
    const draft = this.#drafts.pop() ?? new Draft();
    draft.time = line.time;
    draft.address = address;
    draft.site = line.site;
    draft.event = message.event;
    draft.channel = message.channel;
    draft.name = line.user();
    draft.count = line.count;
    draft.reason = reason;
    draft.doubts = detector.witnesses.doubts(line, sender);
    draft.bytes = bytes;
    draft.start = start;
    draft.end = end;
    draft.sender = sender;
    draft.filters = reason === null ? message.filters : 0;
    draft.before = before;
    bursts.see(line, pid, draft);
  }

  /** A successful login counts wherever its line stands, as long as the site wrote it. */
  #login(line: WordPressLine, sender: Sender | null): void {
    const address = line.address();
    const { detector, onLogin } = this.#options;
    if (line.reason !== 'not_a_failure' || address === null) return;
    if ((detector.witnesses.doubts(line, sender) & doubtBits.wrong_sender) === 0) onLogin?.(address, line);
  }

  /** Counts a failure whose instant is over. */
  #count(draft: Draft, burst: boolean): void {
    const { detector, postpone } = this.#options;
    const findings = this.#findings;
    const now = this.#now;
    const { filters, address, time, count, site, sender } = draft;
    const doubts = draft.doubts | (burst ? doubtBits.burst : 0);
    const id = this.#nextId++;
    const reason = draft.reason ?? detector.distrusted(filters, address, now, doubts);
    this.#failures.add(draft, id, reason, doubts);
    this.#drafts.push(draft);
    touch(findings.sites, site, time, count, reason === null ? count : 0, now);
    if (reason === null) this.failures += count;
    if (sender !== null && (doubts & doubtBits.wrong_sender) !== 0) {
      const key = `${site} ${sender.uid}`;
      const lines = (findings.strangers.get(key)?.lines ?? 0) + 1;
      findings.strangers.set(key, { site, uid: sender.uid, lines });
    }
    if (filters === 0) return;
    const weight = this.#weight;
    weight.doubts = doubts;
    weight.source = detector.witnesses.source(site, sender);
    for (const verdict of detector.count(filters, address, time, now, id, count, draft, weight)) {
      if (!this.#much || !postpone(verdict)) findings.verdicts.push(verdict);
    }
  }
}

const noFindings = (): Findings => ({
  verdicts: [],
  doubtful: [],
  strangers: new Map(),
  sites: new Map(),
  cutLines: 0,
});

/** Up to where a log is read without a failure that is held. */
const placeOf = (reader: Reader | FileReader, { before }: Draft): LogPosition | null =>
  typeof before === 'number' ? positionIn((reader as FileReader).file, before) : before;

const positionIn = (file: LogFile, offset: number): LogPosition => ({ ...file, offset });

function touch(
  sites: Findings['sites'],
  site: string,
  stamp: number,
  events: number,
  failures: number,
  now: number,
): void {
  const time = Number.isNaN(stamp) ? now : stamp;
  const known = sites.get(site);
  if (known === undefined) {
    sites.set(site, { events, failures, firstEventAt: time, lastEventAt: time });
    return;
  }
  known.events += events;
  known.failures += failures;
  if (time > known.lastEventAt) known.lastEventAt = time;
}

const activity = (findings: Findings): SiteActivity[] =>
  [...findings.sites].map(([site, seen]) => ({ site, ...seen }));
