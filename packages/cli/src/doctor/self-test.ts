import { setTimeout } from 'node:timers/promises';
import type { SelfTest } from '@portcullis/contracts';
import { span } from '../phrases.ts';
import { fromDaemon } from './files.ts';
import { type Check, error, type Finding, ok, type Place, warning } from './finding.ts';
import { ask } from './programs.ts';

export interface SelfTestFacts {
  /** Of a line of facility auth, where logins go, and of facility user, where WP fail2ban writes pingbacks and comments. */
  readonly auth: Sent;
  readonly user: Sent;
}
export interface Sent {
  /** Epoch ms. */
  readonly at: number;
  /** Why logger failed; null where it did not. */
  readonly failure: string | null;
  readonly seen: SelfTest['seen'];
}

/** How long a line may take from syslog to the daemon, in ms; rsyslog takes milliseconds. */
const patience = 8_000;
/** How long the second is waited for, where the first has come or never will. */
const shortPatience = 1_000;
const pause = 50;
/** A stamp this far from the clock is of another zone, in ms. */
const strayed = 120_000;

/** Writes two marked lines through syslog, which never count, and follows them to the jails. */
export const selfTestCheck: Check<SelfTestFacts | null> = {
  name: 'self-test',
  gather: (place) =>
    fromDaemon(async () => {
      const auth = await send(place, 'auth.notice', patience);
      return { auth, user: await send(place, 'user.notice', shortPatience) };
    }),
  judge(facts) {
    if (facts === null) return [];
    return [...judgeAuth(facts.auth), ...judgeUser(facts)];
  },
};

async function send({ client, exec, syslogSocket }: Place, priority: string, waitMs: number): Promise<Sent> {
  const test = await client.call('beginSelfTest');
  const at = Date.now();
  const argv = [
    'logger',
    '-u',
    syslogSocket,
    '-p',
    priority,
    '-t',
    test.ident,
    '--id',
    '--',
    test.message,
  ] as const;
  const said = await ask(exec, argv);
  if ('failure' in said) return { at, failure: said.failure, seen: null };
  for (;;) {
    const { seen } = await client.call('getSelfTest', { params: { id: test.id } });
    if (seen !== null || Date.now() > at + waitMs) return { at, failure: null, seen };
    await setTimeout(pause);
  }
}

function judgeAuth({ at, failure, seen }: Sent): Finding[] {
  const name = 'self-test';
  if (failure !== null) {
    return [
      error(
        name,
        `No line can be written to syslog: ${failure}`,
        'Is there a syslog daemon, or journald? ls -l /dev/log',
      ),
    ];
  }
  if (seen === null) {
    return [
      error(
        name,
        `A line of facility auth did not reach the daemon within ${span(patience)}.`,
        'It reads another log than syslog writes: compare portcullis status with the rules of rsyslog, or set log.source = "journal".',
      ),
    ];
  }
  const stray = seen.stamp === null ? null : Date.parse(seen.stamp) - at;
  if (stray === null || Math.abs(stray) > strayed) {
    const sentence =
      stray === null ? 'cannot be read' : `is ${span(stray)} ${stray > 0 ? 'ahead' : 'behind'}`;
    return [
      error(
        name,
        `A line of facility auth came, but its time ${sentence}.`,
        'rsyslog and the daemon are in different zones: restart both after a change of zone, and see timedatectl.',
      ),
    ];
  }
  if (seen.jails.length === 0) {
    return [
      error(
        name,
        'A failed login came, but no jail counts it.',
        'Enable a jail with the filter wordpress-soft.',
      ),
    ];
  }
  const took = Math.max(0, Date.parse(seen.at) - at);
  return [
    ok(
      name,
      `A failed login came through ${seen.log} in ${took} ms, and counts in: ${seen.jails.join(', ')}.`,
    ),
  ];
}

function judgeUser({ auth, user }: SelfTestFacts): Finding[] {
  if (user.failure !== null || (auth.seen === null && user.seen === null)) return [];
  if (user.seen !== null)
    return [ok('facility user', 'Lines of facility user come, too: pingbacks and comments.')];
  return [
    warning(
      'facility user',
      'Lines of facility user do not come: pingbacks and comments that WP fail2ban logs there count for nothing.',
      "In wp-config.php: define('WP_FAIL2BAN_COMMENT_ATTEMPT_LOG', LOG_AUTH) and its like; or read their log as well, log.facilities for the journal.",
    ),
  ];
}
