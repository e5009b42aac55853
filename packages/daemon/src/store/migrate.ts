import type { DatabaseSync } from 'node:sqlite';
import { PortcullisError } from '@portcullis/contracts';
import { listShippedFiles, readShippedFile } from '../shipped-file.ts';
import { defineChainHash } from './audit-chain.ts';

const folder = new URL('./migrations/', import.meta.url);

/** The migrations in order: `001-initial.sql` brings a database to version 1, and so on without gap. */
const readMigrations = (): readonly string[] =>
  listShippedFiles(folder)
    .filter((name) => /^[0-9]{3}-.*\.sql$/.test(name))
    .map((name) => readShippedFile(new URL(name, folder)).toString('utf8'));

/**
 * Brings the database to the newest version, each step in a transaction of its own. Always writes once, so that a
 * database that cannot be written is found out now.
 *
 * @throws PortcullisError invalid_config where a newer Portcullis wrote the database.
 */
export function migrate(connection: DatabaseSync, path: string): void {
  const migrations = readMigrations();
  const version = Number(connection.prepare('PRAGMA user_version').get()!['user_version']);
  if (version > migrations.length) {
    throw new PortcullisError(
      'invalid_config',
      `The database ${path} has version ${version}; this Portcullis knows versions up to ${migrations.length}.`,
      {
        hint: 'A newer Portcullis wrote it: install that version again, or move the file away to start afresh.',
      },
    );
  }
  if (version < migrations.length) defineChainHash(connection);
  for (let next = version; next < migrations.length; next++) {
    step(connection, `${migrations[next]};PRAGMA user_version = ${next + 1}`);
  }
  if (version === migrations.length) step(connection, `PRAGMA user_version = ${version}`);
}

function step(connection: DatabaseSync, sql: string): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec(sql);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}
