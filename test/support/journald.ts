import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExec } from '../../packages/daemon/src/exec.ts';
import { waitFor } from './wait-for.ts';

/** For a test's `skip`: why tests that need a journal are left out here; false where they run. */
export const journalLeftOut: string | false =
  process.getuid?.() === 0 ? false : 'left out: a journald of its own needs root';

export type JournalFieldList = readonly (readonly [name: string, value: string | Uint8Array])[];

/** A real systemd-journald in a mount namespace of its own, where it is the host's journal. */
export interface Journald extends AsyncDisposable {
  /** Where the journal files are, for `journalctl --directory`. */
  readonly directory: string;
  /** Put before an argv: the program then finds this journal as the host's. */
  readonly wrapper: readonly string[];
  /** What syslog(3) sends, each message a datagram; they are in the journal when it returns. */
  send(messages: readonly (string | Uint8Array)[], options?: { uid?: number }): void;
  /** The same by journald's own protocol, an entry each: fields with values of any bytes, NUL among them. */
  sendEntries(entries: readonly JournalFieldList[], options?: { uid?: number }): void;
  /** Begins a new file and keeps the old one. */
  rotate(): Promise<void>;
  /** Deletes all files but the one that is written. */
  vacuum(): Promise<void>;
}

/** Sends datagrams, each behind its length; Node has no Unix datagrams. */
const sender = `use Socket; socket(S, AF_UNIX, SOCK_DGRAM, 0); connect(S, sockaddr_un($ARGV[0])) or die $!;
  binmode STDIN; while (read(STDIN, $n, 4) == 4) { read(STDIN, $m, unpack("N", $n)); send(S, $m, 0) or die $!; }`;

/** Mounts are seen by the new process only. What is looked at from outside lies in the directory. */
const surroundings = `set -e
mount -t tmpfs tmpfs /run/systemd
mkdir -p /run/systemd/journal /run/systemd/journald.conf.d /run/log
printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=no\\nRateLimitIntervalSec=0\\nSplitMode=uid\\n' > /run/systemd/journald.conf.d/test.conf
mount --bind "$1/sockets" /run/systemd/journal
mount --bind "$1/log" /run/log
if [ -d /var/log/journal ]; then mount -t tmpfs tmpfs /var/log/journal; fi
exec /lib/systemd/systemd-journald`;

export async function startJournald(): Promise<Journald> {
  const directory = mkdtempSync(join(tmpdir(), 'pc-journal-'));
  // Users of every kind send to the sockets in it.
  chmodSync(directory, 0o755);
  const journal = join(directory, 'log', 'journal');
  const sockets = join(directory, 'sockets');
  mkdirSync(journal, { recursive: true });
  mkdirSync(sockets);
  const exec = createExec();
  const daemon = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', '/bin/sh', '-c', surroundings, 'journald', directory],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  let stderr = '';
  daemon.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString('utf8');
  });
  const ended = once(daemon, 'exit');
  const files = () =>
    readdirSync(journal, { recursive: true }).filter((path) => /\.journal$/.test(String(path)));
  await waitFor('journald listens', () => {
    if (daemon.exitCode !== null) throw new Error(`journald ended: ${stderr}`);
    return readdirSync(sockets).includes('dev-log') && files().length > 0;
  });

  /** Answered once all is written that was sent before. */
  function sync() {
    inside('journalctl', '--sync');
  }

  function inside(...argv: readonly string[]) {
    const { status, stderr: said } = spawnSync('nsenter', [
      '--mount',
      '--target',
      String(daemon.pid),
      ...argv,
    ]);
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${said}`);
  }

  function sendTo(socket: string, messages: readonly (string | Uint8Array)[], uid: number) {
    const input = Buffer.concat(
      messages.flatMap((message) => {
        const bytes = Buffer.from(message);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        return [length, bytes];
      }),
    );
    const { status, stderr: said } = spawnSync(
      'setpriv',
      [`--reuid=${uid}`, '--clear-groups', 'perl', '-e', sender, join(sockets, socket)],
      { input },
    );
    if (status !== 0) throw new Error(`cannot send: ${said}`);
    sync();
  }

  return {
    directory: journal,
    wrapper: ['nsenter', '--mount', '--target', String(daemon.pid)],
    send: (messages, { uid = 0 } = {}) => sendTo('dev-log', messages, uid),
    sendEntries: (entries, { uid = 0 } = {}) => sendTo('socket', entries.map(serialize), uid),
    async rotate() {
      const before = files().length;
      inside('journalctl', '--rotate');
      await waitFor('the journal is rotated', () => files().length > before);
    },
    async vacuum() {
      await exec(['journalctl', `--directory=${journal}`, '--vacuum-files=1', '--vacuum-size=1']);
    },
    async [Symbol.asyncDispose]() {
      daemon.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** journald's native protocol: name, length, value. */
const serialize = (fields: JournalFieldList): Buffer =>
  Buffer.concat(
    fields.flatMap(([name, value]) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(bytes.length));
      return [Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')];
    }),
  );
