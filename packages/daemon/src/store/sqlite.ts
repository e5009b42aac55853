import { dirname, join } from 'node:path';
import type { BanStore, Clock, Outbox } from '@portcullis/core';
import { type AuditChain, createAuditChain } from './audit-chain.ts';
import { createBanTable } from './bans.ts';
import { createBansInForce } from './bans-in-force.ts';
import { createCheckpoints } from './checkpoints.ts';
import { createDatabase, type Database } from './database.ts';
import { createDisk } from './disk.ts';
import { createFailureTable } from './failures.ts';
import { takeLock } from './lock.ts';
import { openMemory } from './open.ts';
import { createOutbox } from './outbox.ts';
import { createForgottenTable, createPositionTable } from './positions.ts';
import { createPrune, fileCaps, memoryCaps, type Retention } from './prune.ts';
import { createReceiptTable } from './receipts.ts';
import { createRegisters } from './registers.ts';
import { createRegistrations } from './registrations.ts';
import { createSiteTable, type SiteTable } from './sites.ts';
import { createTallies } from './tallies.ts';

export interface StoreOptions {
  /** The database file, or `:memory:`. Beside it `portcullis.lock` keeps a second daemon away. */
  readonly path: string;
  readonly clock: Clock;
  readonly retention: Retention;
  /** Called when the file cannot be used any more, with a sentence, and with null when it can again. */
  readonly onDegraded?: (sentence: string | null) => void;
}

export interface Store extends BanStore {
  /** Tries the file again, as happens by itself every 30 s. @returns whether the records are in the file */
  retry(): boolean;
  /** What the read side works with. */
  readonly db: Database;
  readonly siteTable: SiteTable;
  readonly outbox: Outbox;
  readonly auditChain: AuditChain;
}

/**
 * @throws PortcullisError already_running where another daemon works on the same directory; invalid_config where a
 *   newer Portcullis wrote the file. A file that cannot be used for other reasons degrades the store instead.
 */
export function createStore({ path, clock, retention, onDegraded = () => {} }: StoreOptions): Store {
  const inFile = path !== ':memory:';
  const lock = inFile ? takeLock(join(dirname(path), 'portcullis.lock')) : null;
  const disk = createDisk({ path, clock, onDegraded });
  let db: Database;
  try {
    db = createDatabase(inFile ? disk.open() : openMemory(), disk.rescue);
  } catch (error) {
    lock?.release();
    throw error;
  }
  disk.attach(db);

  const checkpoints = createCheckpoints(db);
  const sites = createSiteTable(db);
  const tallies = createTallies(db);
  const failures = createFailureTable(db, sites);
  const inForce = createBansInForce(db);
  const receipts = createReceiptTable(db);
  const bans = createBanTable(db, inForce, receipts, tallies.ban);
  const positions = createPositionTable(db);
  const forgotten = createForgottenTable(db);
  const outbox = createOutbox(db);
  const auditChain = createAuditChain(db);
  const registers = createRegisters(db, auditChain);
  const registrations = createRegistrations(db);
  const caps = () => (disk.degraded === null ? fileCaps : memoryCaps);
  const prune = createPrune(db, retention, caps, auditChain, receipts, failures.close);

  return {
    transaction: db.transaction,
    positions: positions.all,
    savePosition: positions.save,
    lastFailureId: failures.lastId,
    insertFailures(batch) {
      db.transaction(() => {
        failures.insert(batch);
        tallies.failures(batch);
      });
    },
    failuresById: failures.byId,
    failuresSince: failures.since,
    saveForgotten: forgotten.save,
    forgotten: forgotten.all,
    touchSites: sites.touch,
    lastEventAt: sites.lastEventAt,
    insertBan: bans.insert,
    receiptOf: receipts.of,
    saveReceipt: receipts.save,
    updateBan: bans.update,
    setBanState: bans.setState,
    endBans: bans.end,
    moveBanEnds: bans.moveEnds,
    banInForce: inForce.one,
    bansOverlapping: inForce.overlapping,
    bansInForce: inForce.all,
    countBansInForce: inForce.count,
    bansDue: inForce.due,
    nextBanEnd: inForce.nextEnd,
    timesBanned: inForce.timesBanned,
    forgiveBans: bans.forgive,
    allowEntries: registers.allowEntries,
    addAllowEntry: registers.addAllow,
    removeAllowEntry: registers.removeAllow,
    addRequest: registers.addRequest,
    answerRequest: registers.answerRequest,
    request: registers.request,
    addAudit: registers.addAudit,
    registrations: registrations.all,
    saveRegistration: registrations.save,
    removeRegistration: registrations.remove,
    tokens: registrations.tokens,
    saveToken: registrations.saveToken,
    removeToken: registrations.removeToken,
    keepSites: registrations.keep,
    prune: (now) => [disk.salvageStep(), prune(now)].includes(true),
    retry: disk.retry,
    get degraded() {
      return disk.degraded;
    },
    close() {
      if (disk.degraded !== null) disk.retry();
      disk.close();
      checkpoints.stop();
      db.connection.close();
      lock?.release();
    },
    db,
    outbox,
    auditChain,
    siteTable: sites,
  };
}
