import { existsSync, globSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { bytes } from '../phrases.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Below this much free space the database may soon not be written, in bytes: full at 10 MB, tight at 200 MB. */
const fullBytes = 10_000_000;
const tightBytes = 200_000_000;

export function checkDisk(stateDir: string): Finding {
  let path = stateDir;
  while (!existsSync(path)) path = dirname(path);
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const sentence = `${bytes(free)} are free for ${stateDir}.`;
  if (free < fullBytes)
    return fail('disk', sentence, 'Make room: bans are kept in memory only on a full disk.');
  return free < tightBytes
    ? warn('disk', sentence, 'Make room before the disk is full.')
    : ok('disk', sentence);
}

/** When this was written, as epoch ms: a clock that shows less has never been set. */
const written = Date.UTC(2026, 0, 1);

export function checkClock(now: number): Finding {
  const zone = Temporal.Now.timeZoneId();
  const time = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDateTime();
  const sentence = `It is ${time.toString({ smallestUnit: 'second' })} in ${zone}.`;
  if (now < written)
    return fail('clock', `${sentence} That cannot be.`, 'Set the clock: timedatectl set-ntp true');
  return ok('clock', `${sentence} Log lines without zone are read so.`);
}

export function checkIpv6(): Finding {
  const disabled = read('/proc/sys/net/ipv6/conf/all/disable_ipv6').trim() === '1';
  const addresses = read('/proc/net/if_inet6').trim();
  return disabled || addresses === ''
    ? ok('ipv6', 'This host has no IPv6.')
    : ok('ipv6', 'This host has IPv6; its bans go to ip6tables.');
}

/** Whether fail2ban bans from the same WordPress lines: two programs that ban and unban the same addresses. */
export function checkFail2ban(): Finding {
  const installed = ['/usr/bin/fail2ban-client', '/usr/local/bin/fail2ban-client'].some((path) =>
    existsSync(path),
  );
  if (!installed) return ok('fail2ban', 'fail2ban is not installed.');
  const jails = globSync(['/etc/fail2ban/jail.{conf,local}', '/etc/fail2ban/jail.d/*.{conf,local}']).filter(
    (path) => /^\s*\[[^\]]*(wordpress|wp-|wpf2b)[^\]]*\]|^\s*filter\s*=\s*wordpress/im.test(read(path)),
  );
  if (jails.length === 0) return ok('fail2ban', 'fail2ban is installed and names no WordPress jail.');
  return warn(
    'fail2ban',
    `fail2ban names a WordPress jail, too: ${jails.join(', ')}.`,
    'Set enabled = false there, or lifted bans come back: fail2ban-client reload',
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
