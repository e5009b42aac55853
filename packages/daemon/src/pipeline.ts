import {
  type BanStore,
  type Clock,
  type Detector,
  type FailureRecord,
  LineSplitter,
  type LogChunk,
  type LogEntries,
  type LogPosition,
  type Network,
  type Sender,
  type SiteActivity,
  StampReader,
  type Verdict,
  WordPressLine,
  type ZoneClock,
} from '@portcullis/core';
import { optimize } from './tier-up.ts';

/** A chunk of this many bytes is hundreds of lines at once: a log to catch up with, or an attack. */
const muchToRead = 64 * 1024;

/** What a chunk of log came to. */
interface Findings {
  readonly records: FailureRecord[];
  readonly verdicts: Verdict[];
  readonly sites: Map<
    string,
    { events: number; failures: number; firstEventAt: number; lastEventAt: number }
  >;
  cutLines: number;
}

/** One log that is being read, with the stamps seen so far. */
interface Reader {
  readonly log: string;
  readonly stamps: StampReader;
  readonly line: WordPressLine;
  /** Lines with an earlier stamp do not count. */
  readonly since: number;
}

/** A log of bytes: what waits for its newline. */
interface FileReader extends Reader {
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
  /** Called before each chunk. */
  readonly begin: () => void;
  /** Records what the verdicts lead to, inside the transaction of the lines that led to them. */
  readonly record: (verdicts: readonly Verdict[]) => void;
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

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#resumed = new Set(options.store.positions().map(({ log }) => log));
    this.#newLogsSince = options.newLogsSince;
    this.#nextId = options.store.lastFailureId() + 1;
  }

  /** Files are read in place of the journal now, or the journal in place of files: what was written before `since` has counted. */
  readAnew(since: number): void {
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
    if (bytes.length >= muchToRead) optimize();
    this.#take(file.log, (now, findings) => {
      const reader = this.#fileReader(chunk);
      reader.stamps.now = now;
      const onLine = (line: Uint8Array, start: number, end: number, cut: boolean) =>
        this.#line(reader, line, start, end, cut, null, now, findings);
      reader.splitter.push(bytes, onLine);
      if (last) reader.splitter.end(onLine);
      reader.offset = chunk.offset + bytes.length;
      if (last) this.#files.delete(file.log);
      return { ...file, offset: reader.offset - reader.splitter.pending };
    });
  }

  entries({ entries, position }: LogEntries): void {
    this.#take(position.log, (now, findings) => {
      this.#journal ??= this.#reader(position.log);
      const reader = this.#journal;
      reader.stamps.now = now;
      for (const { line, cut, sender } of entries) {
        this.#line(reader, line, 0, line.length, cut, sender, now, findings);
      }
      return position;
    });
  }

  /** @param read counts lines, and says up to where the log has been read then */
  #take(log: string, read: (now: number, findings: Findings) => LogPosition): void {
    const { store, clock, begin, record, committed, onCutLine } = this.#options;
    begin();
    const findings: Findings = { records: [], verdicts: [], sites: new Map(), cutLines: 0 };
    const position = read(clock.now(), findings);
    store.transaction(() => {
      store.insertFailures(findings.records);
      if (findings.sites.size > 0) store.touchSites(activity(findings));
      if (findings.verdicts.length > 0) record(findings.verdicts);
      store.savePosition(position);
    });
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
    const reader = { ...this.#reader(file.log), splitter: new LineSplitter(), offset };
    this.#files.set(file.log, reader);
    return reader;
  }

  #reader(log: string): Reader {
    const stamps = new StampReader(this.#options.zone, this.#options.clock.now());
    const since = this.#resumed.has(log) ? Number.NEGATIVE_INFINITY : this.#newLogsSince;
    return { log, stamps, line: new WordPressLine(stamps), since };
  }

  #line(
    { log, line, since }: Reader,
    bytes: Uint8Array,
    start: number,
    end: number,
    cut: boolean,
    sender: Sender | null,
    now: number,
    findings: Findings,
  ): void {
    this.lines++;
    if (cut) findings.cutLines++;
    if (!line.read(bytes, start, end, cut)) return;
    const address = line.address();
    if (line.message?.event === 'login_success' && line.reason === 'not_a_failure' && address !== null)
      this.#options.onLogin?.(address, line);
    const reason = this.#options.detector.examine(line, address, now);
    const old = line.time < since;
    if (reason === 'proxy') this.#options.onProxied?.(address!, line);
    if (reason === 'self_test') {
      this.#options.onSelfTest(log, line, address!, now);
      return;
    }
    touch(findings.sites, line, reason === null && !old, now);
    if (old) return;
    // What no filter names is not kept: it is no evidence, and most lines of an honest log are such.
    if (address === null || line.message === null || line.message.filters === 0 || Number.isNaN(line.time))
      return;
    const id = this.#nextId++;
    findings.records.push({
      id,
      time: line.time,
      address,
      site: line.site,
      event: line.message.event,
      channel: line.message.channel,
      user: line.user(),
      count: line.count,
      reason,
      line: bytes.slice(start, end),
      sender,
    });
    if (reason !== null) return;
    this.failures += line.count;
    const { filters } = line.message;
    const verdicts = this.#options.detector.count(filters, address, line.time, now, id, line.count, line);
    if (verdicts.length > 0) findings.verdicts.push(...verdicts);
  }
}

function touch(sites: Findings['sites'], line: WordPressLine, counted: boolean, now: number): void {
  const time = Number.isNaN(line.time) ? now : line.time;
  const failures = counted ? line.count : 0;
  const known = sites.get(line.site);
  if (known === undefined) {
    sites.set(line.site, { events: line.count, failures, firstEventAt: time, lastEventAt: time });
    return;
  }
  known.events += line.count;
  known.failures += failures;
  if (time > known.lastEventAt) known.lastEventAt = time;
}

const activity = (findings: Findings): SiteActivity[] =>
  [...findings.sites].map(([site, seen]) => ({ site, ...seen }));
