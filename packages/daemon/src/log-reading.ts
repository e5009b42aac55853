import type { BanStore, Clock, Config, LogLag, LogPosition, LogSource } from '@portcullis/core';
import type { Exec } from './exec.ts';
import type { Health } from './health.ts';
import type { Logger } from './log.ts';
import type { Pipeline } from './pipeline.ts';
import { areFilesLeft, chooseSource, kindOf, type SourceKind } from './sources/choose-source.ts';
import { createSource } from './sources/source.ts';

export interface LogReadingOptions {
  readonly settings: () => Config['log'];
  readonly longestFindtime: () => number;
  readonly store: BanStore;
  readonly pipeline: Pipeline;
  readonly health: Health;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Brings lines from where they are, files or the journal, to the pipeline, and changes between the two. */
export class LogReading {
  readonly #options: LogReadingOptions;
  #source: LogSource | null = null;
  #kind: SourceKind = 'file';
  #restarting = Promise.resolve();
  #stopped = false;

  constructor(options: LogReadingOptions) {
    this.#options = options;
  }

  async start(kind?: SourceKind): Promise<void> {
    const { settings, store, pipeline, health, exec, clock, log } = this.#options;
    const positions = store.positions();
    this.#kind = kind ?? (await chooseSource({ log: settings(), exec }, positions));
    const since = this.#begin(positions);
    this.#source = createSource(this.#kind, { log: settings(), exec, clock, since });
    log.info({ source: this.#kind }, `Lines come from ${this.#kind === 'file' ? 'files' : 'the journal'}.`);
    await this.#source.start(positions, {
      chunk: (chunk) => pipeline.chunk(chunk),
      entries: (entries) => pipeline.entries(entries),
      trouble: ({ code, log: file, sentence }) => health.set(code, file, sentence),
    });
  }

  /**
   * From when on what is read for the first time counts. Where the journal and files change places, both have the same
   * lines: the second behind the latest one that was read is left out, for stamps of files may have no fractions.
   */
  #begin(positions: readonly LogPosition[]): number {
    const { longestFindtime, store, pipeline, clock } = this.#options;
    const since = clock.now() - longestFindtime();
    if (positions.every((position) => kindOf(position) === this.#kind)) return since;
    const latest = Math.min(store.lastEventAt() ?? 0, clock.now());
    const begin = Math.max(since, latest + 1_000);
    pipeline.readAnew(begin);
    return begin;
  }

  /** Reads what the settings say now. One after the other: a reload and `check` may both ask for it. */
  restart(kind?: SourceKind): Promise<void> {
    const { health, pipeline } = this.#options;
    this.#restarting = this.#restarting.then(async () => {
      await this.#source?.stop();
      pipeline.settle();
      if (this.#stopped) return;
      // What is still wrong is told anew.
      for (const code of ['log_missing', 'log_unreadable', 'log_gap'] as const) health.keep(code, new Set());
      await this.start(kind);
    });
    return this.#restarting;
  }

  /** `auto` leaves files that are no longer written. */
  async check(): Promise<void> {
    const { settings, exec, log } = this.#options;
    if (settings().source !== 'auto' || this.#kind !== 'file' || this.#stopped) return;
    if (!(await areFilesLeft({ log: settings(), exec })) || this.#stopped) return;
    log.warn('No log file is written any more; the journal is read from now on.');
    await this.restart('journal');
  }

  lag(): readonly LogLag[] {
    return this.#source?.lag() ?? [];
  }

  /** Whether bytes are known to be unread, or nothing is being read yet. */
  get behind(): boolean {
    return this.#source === null || this.lag().some(({ unread }) => unread > 0);
  }

  async settled(): Promise<void> {
    await this.#source?.settled();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#restarting;
    await this.#source?.stop();
    this.#options.pipeline.settle();
  }
}
