import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createNamespace } from '../support/network-namespace.ts';
import { until } from './daemon-under-test.ts';
import { addressOf, attackBy, writeLog } from './log-lines.ts';
import { type Measurement, median, percentile } from './measurement.ts';

const attacks = 40;
const burst = 300;

/** WP fail2ban's soft filter as it ships, in the lines that the bench writes. */
const filter = `[INCLUDES]
before = common.conf
[Definition]
_daemon = (?:wordpress|wp)
failregex = ^%(__prefix_line)sAuthentication failure for .* from <HOST>$
            ^%(__prefix_line)sAuthentication attempt for unknown user .* from <HOST>$
`;

/** The same work by the fail2ban of the distribution, in the same run on the same machine. */
export async function measureFail2ban(): Promise<Measurement[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-fail2ban-'));
  const namespace = await createNamespace();
  const log = path.join(folder, 'auth.log');
  try {
    const now = Date.now();
    const lines = 100_000;
    writeLog(log, { lines, wordpressPercent: 10, addresses: 20_000, from: now - 3_600_000, until: now });
    configure(folder, log);
    const start = performance.now();
    await namespace.exec(['fail2ban-regex', '-c', folder, log, 'wordpress'], { timeoutMs: 120_000 });
    const rate = lines / ((performance.now() - start) / 1000);

    writeFileSync(log, '');
    const server = spawn(
      'ip',
      [
        'netns',
        'exec',
        namespace.name,
        'fail2ban-server',
        '-c',
        folder,
        '-s',
        `${folder}/f2b.sock`,
        '-p',
        `${folder}/f2b.pid`,
        '-f',
        'start',
      ],
      { stdio: 'ignore' },
    );
    const held = async (): Promise<string> =>
      namespace.run('iptables', '-nL', 'f2b-wordpress').catch(() => '');
    try {
      await until(async () => (await held()) !== '' || server.exitCode !== null, 30_000).catch(
        () => undefined,
      );
      await pause(2_000);
      const samples: number[] = [];
      for (let i = 0; i < attacks; i++) {
        const address = addressOf(i);
        const written = performance.now();
        appendFileSync(log, attackBy(address, Date.now()));
        await until(async () => (await held()).includes(` ${address} `), 20_000);
        samples.push(performance.now() - written);
        await pause(50);
      }
      const addresses = Array.from({ length: burst }, (_, i) => addressOf(100_000 + i));
      const written = performance.now();
      appendFileSync(log, addresses.map((address) => attackBy(address, Date.now())).join(''));
      await until(async () => (await held()).split('REJECT').length - 1 === attacks + burst, 120_000);
      return [
        { name: 'fail2ban: fail2ban-regex, 10 % WordPress lines', value: rate, unit: 'lines/s' },
        { name: 'fail2ban: line to kernel, median', value: median(samples), unit: 'ms' },
        { name: 'fail2ban: line to kernel, p99', value: percentile(samples, 99), unit: 'ms' },
        { name: `fail2ban: ${burst} addresses at once`, value: performance.now() - written, unit: 'ms' },
      ];
    } finally {
      server.kill('SIGTERM');
      await new Promise((resolve) =>
        server.exitCode === null ? server.once('exit', resolve) : resolve(null),
      );
    }
  } finally {
    await namespace[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** fail2ban's own configuration, its jails replaced by the classic one of the recipe. */
function configure(folder: string, log: string): void {
  mkdirSync(path.join(folder, 'filter.d'), { recursive: true });
  mkdirSync(path.join(folder, 'action.d'));
  for (const name of ['action.d/iptables.conf', 'action.d/iptables-multiport.conf', 'filter.d/common.conf']) {
    writeFileSync(path.join(folder, name), `[INCLUDES]\nbefore = /etc/fail2ban/${name}\n`);
  }
  writeFileSync(path.join(folder, 'filter.d/wordpress.conf'), filter);
  writeFileSync(
    path.join(folder, 'fail2ban.conf'),
    `[Definition]\nloglevel = WARNING\nlogtarget = ${folder}/fail2ban.log\nsyslogsocket = auto\nsocket = ${folder}/f2b.sock\npidfile = ${folder}/f2b.pid\ndbfile = ${folder}/f2b.sqlite3\ndbpurgeage = 1d\n`,
  );
  writeFileSync(
    path.join(folder, 'jail.conf'),
    `[DEFAULT]\nbantime = 1d\nfindtime = 3h\nmaxretry = 3\nbackend = auto\nusedns = no\n[wordpress]\nenabled = true\nfilter = wordpress\nlogpath = ${log}\naction = iptables-multiport[name=wordpress, port="http,https", protocol=tcp]\n`,
  );
}
