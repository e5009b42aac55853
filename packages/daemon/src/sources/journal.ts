import { setTimeout as pause } from 'node:timers/promises';
import type { Facility } from '@portcullis/contracts';
import {
  type Clock,
  isBehind,
  type JournalPosition,
  journalLog,
  journalSequence,
  type LogSink,
  type LogSource,
} from '@portcullis/core';
import type { Exec, Following } from '../exec.ts';
import { createJournalctl, type JournalRecord, type JournalStart } from './journalctl.ts';
import { gapShownMs } from './log-troubles.ts';

export interface JournalSourceOptions {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly facilities: readonly Facility[];
  /** Epoch ms. Where a journal without a position is begun. */
  readonly since: number;
  /** Where the journal files are; left out: the host's own. */
  readonly directory?: string;
  /** Before journalctl is started again after its first failure in a row; doubled with each, up to a minute: 1 s. */
  readonly retryMs?: number;
}

const maxRetryMs = 60_000;
/** A journalctl that ran this long had not failed: the next wait is a short one again. */
const provenMs = 60_000;

/**
 * Follows the journal through journalctl. Each start first reads to the journal's end, which includes what earlier boots
 * wrote, and then follows. It begins at the last entry that was delivered, that one included, to see that it is there:
 * where it is not, something may be lost. See `LogSource` for the laws.
 */
export function createJournalSource(options: JournalSourceOptions): LogSource {
  const { clock, facilities, since, retryMs = 1_000 } = options;
  const journalctl = createJournalctl(options.exec, options.directory);
  const stopping = new AbortController();
  const { signal } = stopping;
  let sink: LogSink | undefined;
  /** The last entry that was delivered. */
  let reached: JournalPosition | null = null;
  /** The same while it is gone from the journal and nothing behind it was delivered. */
  let lost: JournalPosition | null = null;
  let running: Following | undefined;
  let whole: Promise<void> | undefined;
  let behindSince: number | null = null;
  const waiters: (() => void)[] = [];
  let failure: string | null = null;
  let gapAt: number | null = null;

  function wakeWaiters() {
    for (const wake of waiters.splice(0)) wake();
  }

  function fails(sentence: string | null) {
    if (failure === sentence) return;
    failure = sentence;
    sink?.trouble({ code: 'log_unreadable', log: journalLog, sentence });
  }

  /** Runs a query to its end; rejects where journalctl failed. Stopped with the source. */
  async function run(
    start: JournalStart,
    { follow = false, limit, all = false }: { follow?: boolean; limit?: number; all?: boolean },
    take: (records: readonly JournalRecord[]) => void,
  ): Promise<void> {
    signal.throwIfAborted();
    const query = {
      start,
      follow,
      facilities: all ? [] : facilities,
      ...(limit === undefined ? {} : { limit }),
    };
    running = journalctl.run(query, take);
    const error = await running.ended;
    running = undefined;
    signal.throwIfAborted();
    if (error !== null) throw error;
  }

  /** Whether the journal still has the entry. A cursor that journalctl does not take is of no journal. */
  async function holds({ cursor }: JournalPosition): Promise<boolean> {
    let found = false;
    try {
      await run({ cursor }, { limit: 1, all: true }, ([record]) => {
        found = record?.position.cursor === cursor;
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!/seek to cursor/.test(String(error))) throw error;
    }
    return found;
  }

  const start = (): JournalStart => {
    if (lost !== null) return { since: Math.min(since, lost.realtime / 1000) };
    return reached === null ? { since } : { cursor: reached.cursor };
  };

  /** The journal gives its entries in order: only those at the beginning can have been delivered before. */
  const isNew = ({ position }: JournalRecord): boolean =>
    lost === null ? position.cursor !== reached?.cursor : isBehind(position, lost);

  function deliver(records: readonly JournalRecord[]) {
    const first = records.findIndex(isNew);
    const last = records.at(-1);
    if (first < 0 || last === undefined || sink === undefined) return;
    try {
      sink.entries({ entries: records.slice(first).map(({ entry }) => entry), position: last.position });
    } catch (error) {
      // Not journalctl's failure: to read on would count the entries twice.
      setImmediate(() => {
        throw error;
      });
      stopping.abort();
      void running?.stop();
      return;
    }
    reached = last.position;
    lost = null;
    wakeWaiters();
  }

  async function catchUp(): Promise<void> {
    if (lost === null && reached !== null && !(await holds(reached))) {
      lost = reached;
      tellGap(lost);
    }
    await run(start(), {}, deliver);
  }

  function tellGap({ realtime }: JournalPosition) {
    gapAt = clock.now();
    const until = new Date(realtime / 1000).toISOString();
    sink?.trouble({
      code: 'log_gap',
      log: journalLog,
      sentence:
        `The journal no longer holds the entry of ${until}, up to which it was read: what was written behind it may be ` +
        'lost in part. Let journald keep more: SystemMaxUse= in /etc/systemd/journald.conf.',
    });
  }

  function endGap() {
    if (gapAt === null || clock.now() - gapAt < gapShownMs) return;
    gapAt = null;
    sink?.trouble({ code: 'log_gap', log: journalLog, sentence: null });
  }

  /** Returns only by throwing: following has no end. */
  async function read(): Promise<never> {
    behindSince ??= clock.now();
    await catchUp();
    behindSince = null;
    fails(null);
    wakeWaiters();
    await run(start(), { follow: true }, (records) => {
      endGap();
      deliver(records);
    });
    throw new Error('`journalctl --follow` ended.');
  }

  async function readOn(): Promise<void> {
    for (let wait = retryMs; !signal.aborted; ) {
      const begun = clock.now();
      try {
        await read();
      } catch (error) {
        if (signal.aborted) return;
        if (clock.now() - begun >= provenMs) wait = retryMs;
        behindSince ??= clock.now();
        fails(unreadable(error));
        wakeWaiters();
        await pause(wait, undefined, { signal }).catch(() => undefined);
        wait = Math.min(wait * 2, maxRetryMs);
      }
    }
  }

  return {
    async start(positions, newSink) {
      reached = positions.find((position) => 'cursor' in position) ?? null;
      sink = newSink;
      whole = readOn();
    },
    async settled() {
      const newest = await journalctl.first({ facilities, start: 'newest' }).catch(() => null);
      const isReached = () =>
        newest === null ||
        newest.realtime / 1000 < since ||
        (reached !== null && (newest.cursor === reached.cursor || isBehind(reached, newest)));
      while (!signal.aborted && failure === null && (behindSince !== null || !isReached())) {
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    lag: () => [
      {
        log: journalLog,
        offset: (reached && journalSequence(reached)?.number) ?? 0,
        unread: behindSince === null ? 0 : 1,
        waitingSince: behindSince,
      },
    ],
    async stop() {
      sink = undefined;
      stopping.abort();
      wakeWaiters();
      await running?.stop();
      await whole;
    },
  };
}

function unreadable(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return (
    `The journal cannot be read: ${reason} The daemon needs journalctl, and permission to read all of the journal ` +
    '(group systemd-journal, or root); it is tried again within a minute.'
  );
}
