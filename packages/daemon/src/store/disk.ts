import { renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { PortcullisError } from '@portcullis/contracts';
import type { Clock } from '@portcullis/core';
import type { Database } from './database.ts';
import { openFile, openForReading, openMemory } from './open.ts';
import { salvageEssential, salvageHistory } from './salvage.ts';
import { type TroubleCause, troubleOf, troubleSentence } from './trouble.ts';
import { writeBack } from './write-back.ts';

/** How long a disk that failed is left alone before it is tried again. */
export const retryMs = 30_000;

export interface DiskOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Null: all is well again. */
  readonly onDegraded: (sentence: string | null) => void;
}

/**
 * Where the records are: in the file, or in memory while the file fails. In memory the same rows matter as before
 * (bans in force, positions, the allow list, the newest failures); history stays in the file and is not shown. When the
 * file works again, what changed is written into it. A corrupt file is set aside and replaced by a new one with
 * everything that can still be read.
 */
export function createDisk({ path, clock, onDegraded }: DiskOptions) {
  let degraded: string | null = null;
  let cause: TroubleCause | null = null;
  let timer: NodeJS.Timeout | undefined;
  let salvage: { rows: Generator<void>; from: DatabaseSync; to: DatabaseSync } | null = null;
  let database: Database | undefined;

  function say(sentence: string | null): void {
    if (sentence === degraded) return;
    degraded = sentence;
    onDegraded(sentence);
  }

  function degrade(error: unknown): void {
    cause = troubleOf(error) ?? 'io';
    say(troubleSentence(cause, path, (error as Error).message));
    clearTimeout(timer);
    // A new file in place of a corrupt one can be had at once, only not in the middle of a transaction.
    timer = setTimeout(retry, cause === 'corrupt' ? 0 : retryMs);
    timer.unref();
  }

  function inMemory(from: DatabaseSync | null): DatabaseSync {
    const memory = openMemory();
    if (from !== null) salvageEssential(from, memory);
    return memory;
  }

  /** A new file instead of the corrupt one, and the corrupt one to read from. */
  function replaceFile(): { fresh: DatabaseSync; old: DatabaseSync | null } {
    const aside = `${path}.corrupt-${new Date(clock.now()).toISOString().replaceAll(':', '-')}`;
    renameSync(path, aside);
    for (const suffix of ['-wal', '-shm']) {
      try {
        renameSync(path + suffix, aside + suffix);
      } catch {
        rmSync(path + suffix, { force: true });
      }
    }
    return { fresh: openFile(path), old: openForReading(aside) };
  }

  function beginSalvage(old: DatabaseSync | null, to: DatabaseSync): void {
    endSalvage();
    if (old !== null) salvage = { rows: salvageHistory(old, to), from: old, to };
  }

  function endSalvage(): void {
    salvage?.rows.return(undefined);
    salvage?.from.close();
    salvage = null;
  }

  /** The connection to start with. @throws PortcullisError where the file is a newer Portcullis's. */
  function open(): DatabaseSync {
    try {
      return openFile(path);
    } catch (error) {
      if (error instanceof PortcullisError) throw error;
      // A file whose schema makes no sense is as corrupt as one whose pages make none.
      if (troubleOf(error) === undefined) Object.assign(error as Error, { errcode: 11 });
      if (troubleOf(error) !== 'corrupt') return degradedFrom(error);
    }
    try {
      const { fresh, old } = replaceFile();
      if (old !== null) salvageEssential(old, fresh);
      beginSalvage(old, fresh);
      return fresh;
    } catch (error) {
      return degradedFrom(error);
    }
  }

  function degradedFrom(error: unknown): DatabaseSync {
    const readable = openForReading(path);
    degrade(error);
    const memory = inMemory(readable);
    readable?.close();
    return memory;
  }

  function rescue(error: unknown, failed: DatabaseSync): DatabaseSync {
    if (degraded !== null) throw error;
    endSalvage();
    const memory = inMemory(failed);
    degrade(error);
    try {
      failed.close();
    } catch {
      // Its last checkpoint may fail as well; the log keeps what was committed.
    }
    return memory;
  }

  /** Goes back to the file if it works again. @returns whether the records are in the file */
  function retry(): boolean {
    clearTimeout(timer);
    if (cause === null || database === undefined) return degraded === null;
    const memory = database.connection;
    let disk: DatabaseSync | undefined;
    let old: DatabaseSync | null = null;
    try {
      if (cause === 'corrupt') ({ fresh: disk, old } = replaceFile());
      else disk = openFile(path);
      writeBack(memory, disk);
      database.exchange(disk);
      memory.close();
      beginSalvage(old, disk);
      cause = null;
      say(null);
      return true;
    } catch (error) {
      disk?.close();
      old?.close();
      if (troubleOf(error) === undefined && !(error instanceof PortcullisError)) throw error;
      degrade(error);
      return false;
    }
  }

  /** Brings over a part of what a corrupt file still holds. @returns whether more is left */
  function salvageStep(): boolean {
    if (salvage === null || database === undefined) return false;
    const { rows, to } = salvage;
    if (to !== database.connection || database.write(() => rows.next().done === true)) endSalvage();
    return salvage !== null;
  }

  return {
    open,
    rescue,
    retry,
    salvageStep,
    attach(value: Database) {
      database = value;
    },
    get degraded() {
      return degraded;
    },
    close() {
      clearTimeout(timer);
      endSalvage();
    },
  };
}
