import type { AllowEntry, AuditEntry, UnbanRequest } from '@portcullis/contracts';
import { type AuditChain, type AuditRow, chainHash } from './audit-chain.ts';
import type { Database } from './database.ts';
import { fromInstant, instantOf } from './instant.ts';

/** Requests that are kept of one site, answered ones among them; the oldest goes first. */
export const maxRequestsASite = 500;
/** Of those, requests of one sub-site, or of the site as a whole: none drives out another's. */
export const maxRequestsASubSite = 100;

export type AllowRow = Omit<AllowEntry, 'until' | 'added_at' | 'site' | 'sub_site'> & {
  until: number | null;
  added_at: number;
  /** Empty: the whole host. */
  site: string;
  /** Empty: the whole site. */
  sub_site: string;
};
export const toAllowEntry = (row: AllowRow): AllowEntry => ({
  ...row,
  until: row.until === null ? null : instantOf(row.until),
  added_at: instantOf(row.added_at),
  site: row.site === '' ? null : row.site,
  sub_site: row.sub_site === '' ? null : row.sub_site,
});

export type RequestRow = Omit<UnbanRequest, 'asked_at' | 'sub_site'> & {
  asked_at: number;
  /** Empty: the whole site. */
  sub_site: string;
};
export const toRequest = (row: RequestRow): UnbanRequest => ({
  ...row,
  asked_at: instantOf(row.asked_at),
  sub_site: row.sub_site === '' ? null : row.sub_site,
});

export const toAuditEntry = ({ hash: _, ...row }: AuditRow): AuditEntry => ({
  ...row,
  at: instantOf(row.at),
});

/** What people decided and asked for: the allow list, the requests of sites, the audit log. */
export function createRegisters(db: Database, chain: Pick<AuditChain, 'headHash'>) {
  /** A number that was never given before, also where the write is done again. */
  const nextId = (table: string) =>
    (db.get<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', table)?.seq ?? 0) + 1;

  function addAllow(entry: Omit<AllowEntry, 'id'>): AllowEntry {
    let id = 0;
    db.write(() => {
      const site = entry.site ?? '';
      const subSite = entry.sub_site ?? '';
      id ||=
        db.get<{ id: number }>(
          'SELECT id FROM allow WHERE ip = ? AND site = ? AND sub_site = ?',
          entry.ip,
          site,
          subSite,
        )?.id ?? nextId('allow');
      db.run(
        `INSERT OR REPLACE INTO allow (id, ip, until, note, added_at, added_by, site, sub_site)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        entry.ip,
        entry.until === null ? null : fromInstant(entry.until),
        entry.note,
        fromInstant(entry.added_at),
        entry.added_by,
        site,
        subSite,
      );
    });
    return { ...entry, id };
  }

  function removeAllow(id: number): AllowEntry | undefined {
    let row: AllowRow | undefined;
    db.write(() => {
      row = db.get<AllowRow>('SELECT * FROM allow WHERE id = ?', id) ?? row;
      db.run('DELETE FROM allow WHERE id = ?', id);
    });
    return row && toAllowEntry(row);
  }

  function addRequest(request: Omit<UnbanRequest, 'id'>): UnbanRequest {
    let id = 0;
    const subSite = request.sub_site ?? '';
    db.write(() => {
      id ||=
        db.get<{ id: number }>(
          `SELECT id FROM requests WHERE site = ? AND state = 'open' AND ip = ? AND sub_site = ?`,
          request.site,
          request.ip,
          subSite,
        )?.id ?? nextId('requests');
      db.run(
        `INSERT OR REPLACE INTO requests (id, site, ip, asked_by, asked_at, note, state, sub_site)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        request.site,
        request.ip,
        request.asked_by,
        fromInstant(request.asked_at),
        request.note,
        request.state,
        subSite,
      );
      db.run(
        `DELETE FROM requests WHERE id IN
           (SELECT id FROM requests WHERE site = ? AND sub_site = ?
            ORDER BY id DESC LIMIT -1 OFFSET ${maxRequestsASubSite})`,
        request.site,
        subSite,
      );
      db.run(
        `DELETE FROM requests WHERE id IN
           (SELECT id FROM requests WHERE site = ? ORDER BY id DESC LIMIT -1 OFFSET ${maxRequestsASite})`,
        request.site,
      );
    });
    return { ...request, id };
  }

  const request = (id: number): UnbanRequest | undefined => {
    const row = db.read(() => db.get<RequestRow>('SELECT * FROM requests WHERE id = ?', id));
    return row && toRequest(row);
  };

  function answerRequest(id: number, state: UnbanRequest['state']): UnbanRequest | undefined {
    let row: RequestRow | undefined;
    db.write(() => {
      row = db.get<RequestRow>('UPDATE requests SET state = ? WHERE id = ? RETURNING *', state, id);
    });
    return row && toRequest(row);
  }

  function addAudit(entry: Omit<AuditEntry, 'id'>): void {
    let id = 0;
    db.write(() => {
      id ||= nextId('audit');
      const row = { ...entry, id, at: fromInstant(entry.at) };
      db.run(
        'INSERT INTO audit (id, at, actor, action, ip, jail, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        id,
        row.at,
        row.actor,
        row.action,
        row.ip,
        row.jail,
        row.detail,
        chainHash(chain.headHash(), row),
      );
    });
  }

  return {
    allowEntries: (): AllowEntry[] =>
      db.read(() => db.all<AllowRow>('SELECT * FROM allow ORDER BY id')).map(toAllowEntry),
    addAllow,
    removeAllow,
    addRequest,
    request,
    answerRequest,
    addAudit,
  };
}
