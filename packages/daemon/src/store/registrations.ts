import type { SiteConfig } from '@portcullis/core';
import type { Database } from './database.ts';

interface RegistrationRow {
  id: string;
  domains: string;
  user: string | null;
  mode: SiteConfig['mode'];
  rights: string;
  wp: string | null;
}

const toSite = (row: RegistrationRow): SiteConfig => ({
  id: row.id,
  domains: JSON.parse(row.domains),
  user: row.user,
  mode: row.mode,
  rights: JSON.parse(row.rights),
  wp: row.wp,
});

/** The sites that were registered by command, and the hashed tokens of all sites. */
export function createRegistrations(db: Database) {
  return {
    all: (): SiteConfig[] =>
      db
        .read(() =>
          db.all<RegistrationRow>(
            'SELECT id, domains, user, mode, rights, wp FROM registrations ORDER BY added_at, id',
          ),
        )
        .map(toSite),
    save: ({ id, domains, user, mode, rights, wp }: SiteConfig, addedAt: number): void =>
      db.write(() => {
        db.run(
          `INSERT OR REPLACE INTO registrations (id, domains, user, mode, rights, wp, added_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
          id,
          JSON.stringify(domains),
          user,
          mode,
          JSON.stringify(rights),
          wp,
          addedAt,
        );
      }),
    remove: (id: string): void =>
      db.write(() => {
        db.run('DELETE FROM registrations WHERE id = ?', id);
      }),

    tokens: (): ReadonlyMap<string, Uint8Array> =>
      new Map(
        db
          .read(() => db.all<{ site: string; hash: Uint8Array }>('SELECT site, hash FROM tokens'))
          .map(({ site, hash }) => [site, hash]),
      ),
    saveToken: (site: string, hash: Uint8Array, issuedAt: number): void =>
      db.write(() => {
        db.run(
          'INSERT OR REPLACE INTO tokens (site, hash, issued_at) VALUES (?, ?, ?)',
          site,
          hash,
          issuedAt,
        );
      }),
    removeToken: (site: string): void =>
      db.write(() => {
        db.run('DELETE FROM tokens WHERE site = ?', site);
      }),

    /** An id that is given again must not inherit what another site left. */
    keep: (ids: readonly string[]): void =>
      db.write(() => {
        for (const table of ['tokens', 'requests', 'allow']) {
          db.run(
            `DELETE FROM ${table} WHERE site <> '' AND site NOT IN (SELECT value FROM json_each(?))`,
            JSON.stringify(ids),
          );
        }
      }),
  };
}
