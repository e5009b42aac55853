import type {
  AllowEntry,
  AuditEntry,
  Channel,
  EndedBy,
  EventName,
  IgnoredReason,
  UnbanRequest,
} from '@portcullis/contracts';
import type { Network } from './address.ts';
import type { CampaignReader } from './campaign-readers.ts';
import type { SiteConfig } from './config.ts';
import type { BanTally } from './digest.ts';
import type { FailureBatch } from './failure-batch.ts';
import type { BanReceipt } from './receipt.ts';
import type { HostEvent, OutboxKind, ReportedBan, ReportMessage } from './report.ts';
import type { ReportPeriod } from './report-schedule.ts';

/** Instants are epoch milliseconds and durations milliseconds, here and everywhere behind the edges. */
export interface Clock {
  now(): number;
}

// ─── Log sources ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a file is, so that it is known again after a rename, a copy or a restart. */
export interface LogFile {
  /** The configured file that this is, or was before it was rotated: the key under which its position is kept. */
  readonly log: string;
  /** Where it was found: `log` itself or what it links to, or a rotated name such as `auth.log.1` or `auth.log.2.gz`. */
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  /** `<length>:<hex SHA-256>` of the first bytes (at most 256) of the content, decompressed where the file is not. */
  readonly head: string;
}

/** The exact place up to which a file has been read. Offsets are bytes of the content, decompressed. */
export interface FilePosition extends LogFile {
  readonly offset: number;
}

/** The entry up to which the journal has been read, that one included. */
export interface JournalPosition {
  readonly log: typeof journalLog;
  /** The journal's own name for the entry; no two entries share one. */
  readonly cursor: string;
  /** When the entry was written, in microseconds since the epoch. */
  readonly realtime: number;
}
/** The name under which the journal is one of the logs. */
export const journalLog = 'journal';

export type LogPosition = FilePosition | JournalPosition;

/** Bytes in the order in which they stand in the file, without gap or overlap between two chunks of one file. */
export interface LogChunk {
  readonly file: LogFile;
  /** The offset of `bytes[0]`. */
  readonly offset: number;
  /** Valid only during the call that delivers it: the source uses the memory again. */
  readonly bytes: Uint8Array;
  /** The file gets no more bytes: it was rotated away, truncated or deleted. A line without newline ends here. */
  readonly last: boolean;
}

/** Who wrote a line, by the kernel's word: no program can claim to be another. */
export interface Sender {
  readonly uid: number;
  readonly pid: number;
}

/** A line that its log gave as a whole, so that nothing in it can begin another. */
export interface LogEntry {
  /** As syslog daemons write it, with an RFC 3339 stamp, without a newline at its end. It may hold newlines. */
  readonly line: Uint8Array;
  /** The line was longer; its end is missing. */
  readonly cut: boolean;
  /** Null where the log does not vouch for one. */
  readonly sender: Sender | null;
  readonly position: JournalPosition;
}

/** Entries in the order of their log. */
export interface LogEntries {
  readonly entries: readonly LogEntry[];
  /** Of the last of them. */
  readonly position: JournalPosition;
}

/** Something that a source cannot do, or a gap in what it read. Named so that health can show it. */
export interface LogTrouble {
  readonly code: 'log_missing' | 'log_unreadable' | 'log_gap';
  readonly log: string;
  /** A sentence for the administrator: what is wrong and what to do. Null: it is over. */
  readonly sentence: string | null;
}

export interface LogSink {
  /** Takes a chunk, synchronously and completely. The source goes on reading when it returns. */
  chunk(chunk: LogChunk): void;
  /** The same of a log that consists of entries. */
  entries(entries: LogEntries): void;
  trouble(trouble: LogTrouble): void;
}

/** How far behind a log its reader is. */
export interface LogLag {
  readonly log: string;
  /** Bytes; of the journal the sequence number of the last entry that was read, 0 before the first. */
  readonly offset: number;
  /** Bytes that are known to be unread; of the journal 1 while it is not known to be read to its end. */
  readonly unread: number;
  /** Since when something has waited; null when nothing waits. */
  readonly waitingSince: number | null;
}

/**
 * Laws: every byte or entry is delivered once, in order, across renames, truncation, rotation and restarts from the
 * positions that `start` is given; a log without a position is read from its beginning, or from where the source was
 * told to begin. What was lost before it could be read is a `log_gap`. Nothing is delivered before `start` nor after
 * `stop` has resolved. `settled` resolves when all that was there when it was called is delivered.
 */
export interface LogSource {
  start(positions: readonly LogPosition[], sink: LogSink): Promise<void>;
  settled(): Promise<void>;
  lag(): readonly LogLag[];
  stop(): Promise<void>;
}

// ─── Firewall ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A ban as the kernel knows it. */
export interface EnforcedBan {
  readonly jail: string;
  readonly network: Network;
  /** When it ends; null: never. */
  readonly until: number | null;
  /** It closes the web's ports only, of those that are configured. Left out: all of them. */
  readonly gentle?: boolean;
}

export interface FirewallChange extends EnforcedBan {
  readonly action: 'add' | 'remove';
}

/** What the kernel holds of the structure that carries the bans: chains, sets and the jumps to them. */
export interface StructureReport {
  /** A sentence for each thing that is missing, out of place or altered; empty when all is as it must be. */
  readonly faults: readonly string[];
  /** Entries by jail, without listing them. */
  readonly entries: ReadonlyMap<string, number>;
}

/** Runs work that reads the kernel. */
export type Alone = <T>(read: () => Promise<T>) => Promise<T>;

/**
 * Laws: `install` is idempotent, puts the jumps first in their chains, keeps entries that are there, drops jails that
 * are no longer named, never touches another program's rules, and refuses (firewall_unavailable) what bears our name but
 * is not ours. `apply` is one batch: adding what is there replaces its end, removing what is not there is no error,
 * adding what has already ended does nothing. A network has one ban a jail: added gently, or no longer gently, it changes
 * without a moment in which it has none; removing takes it wherever it is. It may read the changes while it writes. After `apply` resolved, the
 * kernel holds it. When it rejects, any part may hold. An entry ends by itself at `until` where the kernel can do that.
 * `advance` is for many bans whose records take long: it tries to add them before it returns, whatever comes of it, and whoever
 * calls it applies them later in any case. It is left out where that would not be quicker.
 * `inspect` is cheap at any number of bans; what counts the entries it runs through `alone`, so that the caller can keep
 * `apply` away meanwhile and knows what it must have counted. `list` is not cheap. `uninstall` leaves nothing of ours behind.
 */
export interface Firewall {
  readonly backend: 'ipset' | 'iptables' | 'nftables' | 'dry-run';
  /**
   * @param bans what is wanted: where the kernel has no place for entries yet, they may go there while the rest is made. Read at
   *   most once, and only then
   * @returns what the kernel then holds; it has no faults
   */
  install(jails: readonly string[], bans?: Iterable<EnforcedBan>): Promise<StructureReport>;
  apply(changes: Iterable<FirewallChange>): Promise<void>;
  readonly advance?: (changes: Iterable<FirewallChange>) => void;
  inspect(alone?: Alone): Promise<StructureReport>;
  list(): Promise<readonly EnforcedBan[]>;
  uninstall(): Promise<void>;
  /** Ends what it keeps running; what the kernel holds stays. It can be used again. */
  close(): void;
  /** The address families that are enforced here, known after `install`; `apply` leaves bans of others out. */
  readonly families: readonly (4 | 6)[];
  /** Kept sentences about what cannot be enforced here, as IPv6 on a kernel without it. */
  readonly limits: readonly string[];
  /** Whether a gentle ban leaves ports open. Where it does not it is as any other, and `list` tells it so. */
  readonly sparesPorts: boolean;
}

// ─── Store ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One event that a WordPress line reports of an address. */
export interface FailureRecord {
  /** Grows by one with each record; given by the pipeline. */
  readonly id: number;
  readonly time: number;
  /** The single address that the line names. */
  readonly address: Network;
  /** The empty string where the line names no site. */
  readonly site: string;
  readonly event: EventName;
  readonly channel: Channel | null;
  readonly user: string | null;
  readonly count: number;
  /** Null: it counts. */
  readonly reason: IgnoredReason | null;
  /** Why it cannot be trusted, as bits of `doubtBits`. */
  readonly doubts: number;
  readonly line: Uint8Array;
  /** Null where nobody vouches for who wrote the line, as in a file. */
  readonly sender: Sender | null;
}

export interface BanRecord {
  readonly id: number;
  readonly network: Network;
  readonly jail: string;
  readonly since: number;
  readonly until: number | null;
  readonly failures: number;
  readonly timesBanned: number;
  readonly state: 'pending' | 'active' | 'failed' | 'ended';
  readonly endedAt: number | null;
  readonly endedBy: EndedBy | null;
  /** The actor who ended it, as the audit log names him; null: nobody did, or it goes on. */
  readonly liftedBy: string | null;
  readonly reason: string;
  /** A person decided on it, or on its end: it does not rest on its evidence alone. */
  readonly byHand: boolean;
  /** It may hit somebody who is known, so it is short and closes the web's ports only. */
  readonly gentle: boolean;
  readonly evidence: BanEvidence;
}

/** What a ban rests on, bounded: the latest `maxLines` lines and `maxUsers` names. */
export interface BanEvidence {
  readonly sites: Readonly<Record<string, number>>;
  /** Of each of `sites` what it has itself. */
  readonly ofSites: Readonly<Record<string, SiteEvidence>>;
  readonly events: Readonly<Record<string, number>>;
  readonly users: readonly string[];
  readonly lines: readonly string[];
  /** The site that each of `lines` names. */
  readonly lineSites: readonly string[];
  /** Who wrote each of `lines`; shorter than `lines` where the rest is not known. */
  readonly lineSenders: readonly (Sender | null)[];
  readonly firstFailureAt: number | null;
  readonly lastFailureAt: number | null;
}
export interface SiteEvidence {
  readonly events: Readonly<Record<string, number>>;
  /** The latest first, at most `maxEvidenceUsers`. */
  readonly users: readonly string[];
  readonly firstFailureAt: number | null;
  readonly lastFailureAt: number | null;
}
export const maxEvidenceLines = 20;
export const maxEvidenceUsers = 20;

export interface SiteActivity {
  readonly site: string;
  readonly events: number;
  readonly failures: number;
  readonly firstEventAt: number;
  readonly lastEventAt: number;
}

/** Failures up to and including this id no longer count for the network in the jail: it was banned, unbanned or allowed. */
export interface Forgotten {
  readonly jail: string;
  readonly network: Network;
  readonly failureId: number;
}

/**
 * Laws: what a `transaction` wrote is there after a crash as a whole or not at all; the position of a log and what its
 * lines caused change in one. Reads inside see its own writes. Records live at most as long as retention says.
 */
export interface BanStore {
  /**
   * Runs `work` once; undone when it throws. Inside another transaction it is a part of that one.
   * @param options.durable on the disk when it returns, also after power loss: for what no log can tell again. Left out,
   *   power loss may undo the latest transactions as a whole, positions included.
   */
  transaction<T>(work: () => T, options?: { durable?: boolean }): T;

  /** Of files, or of the journal: never of both. */
  positions(): LogPosition[];
  /** A position in a file ends those in the journal, and the other way round: from now on that one is read instead. */
  savePosition(position: LogPosition): void;
  /** When the latest WordPress line was written that was ever read; null where none was. */
  lastEventAt(): number | null;

  lastFailureId(): number;
  /** Reads the batch until the end of the transaction. */
  insertFailures(failures: FailureBatch): void;
  failuresById(ids: readonly number[]): FailureRecord[];
  /** Counted failures with `time >= since`, by id, without lines and senders: what the jails are rebuilt from. */
  failuresSince(since: number): Iterable<Omit<FailureRecord, 'line' | 'sender'>>;
  saveForgotten(forgotten: readonly Forgotten[]): void;
  forgotten(): Iterable<Forgotten>;
  touchSites(activity: readonly SiteActivity[]): void;

  insertBan(ban: Omit<BanRecord, 'id'>, receipt?: BanReceipt): BanRecord;
  /** What `insertBan` or `saveReceipt` was given; `updateBan` changes nothing of it. Null where there is none. */
  receiptOf(ban: number): BanReceipt | null;
  saveReceipt(ban: number, receipt: BanReceipt): void;
  /** Replaces end, failures, evidence, state, reason, and whether it is gentle. */
  updateBan(ban: BanRecord): void;
  /** The reason why a ban failed stands behind the one for the ban, until it is active. */
  setBanState(ids: readonly number[], state: 'active' | 'failed', reason?: string): void;
  endBans(ids: readonly number[], endedAt: number, endedBy: EndedBy, liftedBy?: string): void;
  /**
   * Moves the ends of bans in force that began at or before `since`: the clock by which they were written was set.
   * Those that begin later were written by another clock. @returns how many
   */
  moveBanEnds(byMs: number, since: number): number;
  /** The ban in force (not ended) of exactly this network in this jail. */
  banInForce(jail: string, network: Network): BanRecord | undefined;
  /** Bans in force that have an address in common with the network. */
  bansOverlapping(network: Network): BanRecord[];
  bansInForce(): Iterable<Pick<BanRecord, 'id' | 'jail' | 'network' | 'until' | 'state' | 'gentle'>>;
  countBansInForce(): ReadonlyMap<string, number>;
  /** Bans in force that end at or before `now`, at most `limit`. */
  bansDue(now: number, limit: number): BanRecord[];
  /** The earliest end of a ban in force; null where none ends. */
  nextBanEnd(): number | null;
  /** How often the network has been banned, in one jail or in all, but for bans that were forgiven. */
  timesBanned(network: Network, jail: string | null): number;
  /** Bans so far of every network inside this one count no longer in `timesBanned`: in one jail, or in all. */
  forgiveBans(network: Network, jail: string | null): void;

  allowEntries(): AllowEntry[];
  /** An entry of the same address or network for the same site, or host, is replaced and keeps its id. */
  addAllowEntry(entry: Omit<AllowEntry, 'id'>): AllowEntry;
  /** @returns what was removed */
  removeAllowEntry(id: number): AllowEntry | undefined;
  /** An open request of the same site for the same address is replaced and keeps its id. */
  addRequest(request: Omit<UnbanRequest, 'id'>): UnbanRequest;
  request(id: number): UnbanRequest | undefined;
  /** @returns the request as it is now; undefined where there is none */
  answerRequest(id: number, state: UnbanRequest['state']): UnbanRequest | undefined;
  addAudit(entry: Omit<AuditEntry, 'id'>): void;

  /** Sites that were registered by command. */
  registrations(): SiteConfig[];
  saveRegistration(site: SiteConfig, addedAt: number): void;
  removeRegistration(id: string): void;
  /** The SHA-256 of each site's token. */
  tokens(): ReadonlyMap<string, Uint8Array>;
  saveToken(site: string, hash: Uint8Array, issuedAt: number): void;
  removeToken(site: string): void;
  /** Deletes tokens, requests and entries of the allow list that belong to sites other than these. */
  keepSites(ids: readonly string[]): void;

  /** Deletes what retention no longer keeps, a bounded part at a time. @returns whether more is left */
  prune(now: number): boolean;
  /** Null while all is well; else a sentence about what is not kept and why. */
  readonly degraded: string | null;
  close(): void;
}

// ─── Reporters ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** What came of one attempt to deliver. `answer` is short, for people, and holds nothing secret. */
export interface DeliveryOutcome {
  /**
   * `delivered`: it is there. `retry`: nothing says that it never will be. `revoked`: the place no longer exists, nothing
   * will ever be delivered there. `refused`: the place exists and will never take this message.
   */
  readonly result: 'delivered' | 'retry' | 'revoked' | 'refused';
  /** The HTTP status; null where there was no answer. */
  readonly status: number | null;
  readonly answer: string;
  /** With `retry`: not before so many milliseconds, as the place itself asked for. */
  readonly retryAfter?: number;
}

/**
 * Laws: `send` makes one attempt and never rejects; it ends within 10 s or soon after `signal`. It says whether another
 * attempt makes sense and never makes one itself: one stage, the delivery, owns how. It follows no redirect, reads a bounded
 * part of the answer, and keeps the limits of whom it talks to, whatever the message holds. What attackers wrote stays text.
 * Nothing that it returns, throws or logs shows the address or the key.
 */
export interface Reporter {
  /** Where it sends to, as `hooks.slack.com`: the host, never the path. */
  readonly host: string;
  /** Equal for reporters that share one webhook: it gets at most one message a second. */
  readonly endpoint: string;
  send(message: ReportMessage, signal: AbortSignal): Promise<DeliveryOutcome>;
}

/** What waits of one kind for one destination. */
export interface Waiting {
  readonly kind: OutboxKind;
  readonly count: number;
  readonly firstAt: number;
  /** The newest of them. */
  readonly lastId: number;
}

/**
 * Reports that wait for their delivery. Laws: what `add` writes belongs to the transaction that is open, so that a ban and
 * its report are there both or neither; it costs one row a destination. What is not `settle`d is there after a crash.
 */
export interface Outbox {
  /** @param ban of kind `ban`: its id; its text is read when it is told, and not kept twice */
  addBan(destinations: readonly string[], ban: number, at: number): void;
  add(destinations: readonly string[], event: HostEvent, at: number): void;
  waiting(destination: string): Waiting[];
  /** The oldest first, those with `after < id <= upTo`, at most `limit`. A ban that is no longer known is left out. */
  bans(destination: string, after: number, upTo: number, limit: number): WaitingBan[];
  /** Bans that were digested already, because too many waited. */
  digested(destination: string): BanTally | null;
  /** Replaces bans up to and including the id by what they came to. */
  digest(destination: string, upTo: number, tally: BanTally): void;
  /** The newest, at most `limit`. */
  events(
    destination: string,
    kind: OutboxKind,
    upTo: number,
    limit: number,
  ): { at: number; event: HostEvent }[];
  /** Takes out what was delivered, up to and including the id. @param at when it was; null: it was not, and never will be */
  settle(destination: string, kind: OutboxKind, upTo: number, at: number | null): void;
  /** When each kind was last delivered. */
  sent(destination: string): ReadonlyMap<OutboxKind, number>;
  /** Up to when periodic reports were made. */
  marks(destination: string): ReadonlyMap<ReportPeriod, number>;
  mark(destination: string, period: ReportPeriod, at: number): void;
  /** Drops what waits for others than these. */
  keep(destinations: readonly string[]): void;
}

export interface WaitingBan {
  readonly id: number;
  readonly at: number;
  readonly ban: Omit<ReportedBan, 'otherSites' | 'origin' | 'campaign'>;
  /** Of each site what it has itself, for readers who may see some sites only. */
  readonly ofSites: Readonly<
    Record<string, { readonly failures: number; readonly users: readonly string[] }>
  >;
  /** By reader, the campaign that the address takes part in. */
  readonly campaigns: Readonly<Record<CampaignReader, string>>;
}
