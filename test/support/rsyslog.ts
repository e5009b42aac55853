import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createExec } from '../../packages/daemon/src/exec.ts';
import { waitFor } from './wait-for.ts';

export interface RsyslogOptions {
  /** Holds its configuration, its socket and its pid file; at most 90 bytes, for the socket's sake. */
  readonly directory: string;
  /** The file that gets facility auth. */
  readonly log: string;
  readonly format: 'rfc3339' | 'traditional';
  /** Writes `message repeated N times: [ … ]` in place of equal lines. */
  readonly reduceRepeated?: boolean;
  /** What an administrator put into rsyslog.d. */
  readonly dropIn?: string;
}

export interface Rsyslog extends AsyncDisposable {
  /** What PHP's syslog() would send, of another process for each last word: each visitor has a worker of PHP's. */
  send(ident: string, message: string): Promise<void>;
}

const templates = { rfc3339: 'RSYSLOG_FileFormat', traditional: 'RSYSLOG_TraditionalFileFormat' };

/** A real rsyslogd of its own, on a socket of its own. */
export async function startRsyslog(options: RsyslogOptions): Promise<Rsyslog> {
  const { directory, log, format, reduceRepeated = false, dropIn = '' } = options;
  const socket = join(directory, 'syslog.sock');
  const config = join(directory, 'rsyslog.conf');
  writeFileSync(
    config,
    // In the order of Debian's and Ubuntu's rsyslog.conf: the format, then rsyslog.d, then the files.
    `global(workDirectory="${directory}")
$ActionFileDefaultTemplate ${templates[format]}
$RepeatedMsgReduction ${reduceRepeated ? 'on' : 'off'}
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${socket}" RateLimit.Interval="0")
${dropIn}
auth,authpriv.* ${log}
`,
  );
  const daemon = spawn('rsyslogd', ['-n', '-f', config, '-i', join(directory, 'rsyslog.pid')], {
    stdio: 'ignore',
  });
  const ended = once(daemon, 'exit');
  const exec = createExec();
  // By address: two requests of one process never come within 3 ms, but an rsyslogd that had to wait stamps their lines so.
  const workers = new Map<string, number>();
  await waitFor('rsyslogd listens', () => existsSync(socket));
  return {
    async send(ident, message) {
      const address = message.split(' ').at(-1)!;
      const pid = workers.getOrInsertComputed(address, () => 100 + workers.size);
      await exec(['logger', '-u', socket, '-t', ident, `--id=${pid}`, '-p', 'auth.notice', '--', message]);
    },
    async [Symbol.asyncDispose]() {
      daemon.kill('SIGTERM');
      await ended;
    },
  };
}
