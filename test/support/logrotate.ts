import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What logrotate does to a log, system call by system call, without its own daily rhythm. */
export const logrotate: Readonly<Record<string, (log: string) => void>> = {
  'rename and create': renameAndCreate,
  'rename and create, compressed with delay'(log) {
    compress(`${log}.1`);
    renameAndCreate(log);
  },
  'rename and create, compressed at once'(log) {
    renameAndCreate(log);
    compress(`${log}.1`);
  },
  copytruncate: copyTruncate,
  'copytruncate, compressed at once'(log) {
    copyTruncate(log);
    compress(`${log}.1`);
  },
};

function renameAndCreate(log: string): void {
  shift(log);
  renameSync(log, `${log}.1`);
  writeFileSync(log, '');
}

function copyTruncate(log: string): void {
  shift(log);
  copyFileSync(log, `${log}.1`);
  truncateSync(log);
}

/** `auth.log.2.gz` becomes `auth.log.3.gz`, then `auth.log.1` becomes `auth.log.2`. */
function shift(log: string): void {
  readdirSync(dirname(log))
    .map((name) => /^(?<log>.*)\.(?<number>\d+)(?<gz>\.gz)?$/.exec(name)?.groups)
    .filter((groups) => groups?.['log'] === basename(log))
    .map((groups) => ({ number: Number(groups!['number']), gz: groups!['gz'] ?? '' }))
    .sort((a, b) => b.number - a.number)
    .forEach(({ number, gz }) => {
      renameSync(`${log}.${number}${gz}`, `${log}.${number + 1}${gz}`);
    });
}

/** As gzip does: the new file keeps the time of the old one, which then goes. */
export function compress(path: string): void {
  if (!existsSync(path)) return;
  const { mtime } = statSync(path);
  const compressed = join(dirname(path), `${basename(path)}.gz`);
  writeFileSync(compressed, gzipSync(readFileSync(path)));
  utimesSync(compressed, mtime, mtime);
  rmSync(path);
}
