import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { waitFor } from '../support/wait-for.ts';

export interface MariaDb extends AsyncDisposable {
  readonly socket: string;
}

/** A MariaDB server of its own, with an empty database `wordpress`, on a Unix socket only. */
export async function startMariaDb(directory: string): Promise<MariaDb> {
  const data = join(directory, 'mariadb');
  const socket = join(directory, 'db.sock');
  const user = `--user=${process.getuid?.() === 0 ? 'root' : process.env['USER']}`;
  mkdirSync(data);
  await execa('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${data}`,
    user,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const options = [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--pid-file=${join(directory, 'db.pid')}`,
    user,
    '--skip-networking',
    // Nothing has to outlive the test.
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-buffer-pool-size=32M',
    '--innodb-log-file-size=8M',
    '--performance-schema=off',
  ];
  const server = spawn('mariadbd', options, { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const client = (statement: string) =>
    execa('mariadb', ['--no-defaults', `--socket=${socket}`, '--user=root', '-e', statement]);
  await waitFor('MariaDB answers', async () => (await client('SELECT 1')).exitCode === 0, {
    timeout: 30_000,
    every: 100,
  });
  await client('CREATE DATABASE wordpress CHARACTER SET utf8mb4');
  return {
    socket,
    async [Symbol.asyncDispose]() {
      server.kill('SIGTERM');
      await ended;
    },
  };
}
