import type { PolicyDifference, PolicySummary, TriedBans } from '@portcullis/core';
import { openPolicies, readLogs } from './logs.ts';
import { at, number, plural, span, tally } from './phrases.ts';
import { askDaemon, type DaemonAnswer, describeAnswer } from './running-daemon.ts';
import type { ExitCode, Session } from './session.ts';
import { visible, visibleJson } from './terminal.ts';

export interface PolicyTrialOptions {
  readonly proposed: string;
  /** Left out: the one in its usual place, else the defaults. */
  readonly against: string | undefined;
  /** None: the logs of the policy that holds, with those that were rotated. */
  readonly files: readonly string[];
  /** Tell every difference to a person, not the first of each kind. */
  readonly all: boolean;
}

/** Differences of each kind that a person is told unless he asks for all. */
const told = 20;

/** Runs two configurations over the same logs. @returns 1 where a ban more would hit somebody who logged in */
export async function tryPolicy(session: Session, options: PolicyTrialOptions): Promise<ExitCode> {
  const { createZoneClock, PolicyTrial } = await import('@portcullis/core');
  const daemon = await askDaemon(session);
  const known = 'silence' in daemon ? undefined : daemon;
  const { before, after, paths } = await openPolicies(options, session.colour, known);
  const trial = new PolicyTrial(before, after, createZoneClock(Temporal.Now.timeZoneId()), session.now);
  await readLogs(session.out, paths, {
    open() {
      trial.nextLog();
      // The trial ends each log itself when the next begins.
      return { line: (bytes, start, end, cut) => trial.line(bytes, start, end, cut), end: () => {} };
    },
    printed: [],
  });
  trial.end();
  const differences = trial.differences();
  const summary = trial.summary(differences);
  if (session.json) {
    for (const difference of differences) session.out.line(visibleJson(difference));
    const held = {
      allow_entries: known?.allowed.length ?? null,
      sites_by_command: known?.sites.length ?? null,
    };
    session.out.line(visibleJson({ change: 'summary', logs: paths, ...summary, ...held }));
  } else tell(session, differences, summary, paths.length, daemon, options.all);
  return summary.hits > 0 ? 1 : 0;
}

function tell(
  session: Session,
  differences: readonly PolicyDifference[],
  summary: PolicySummary,
  logs: number,
  daemon: DaemonAnswer,
  all: boolean,
): void {
  const { out } = session;
  const limit = all ? Number.POSITIVE_INFINITY : told;
  const section = (title: string, some: readonly PolicyDifference[]) => {
    if (some.length === 0) return;
    out.line(out.styled('bold', title));
    for (const one of some.slice(0, limit)) for (const line of describe(session, one)) out.line(`  ${line}`);
    if (some.length > limit) out.line(`  and ${number(some.length - limit)} more: --all`);
    out.line();
  };
  const hit = differences.filter(({ after, logins }) => after !== null && logins !== null);
  const rest = differences.filter((one) => !hit.includes(one));
  section('Would hit addresses that logged in successfully', hit);
  section(
    'Banned besides',
    rest.filter(({ change }) => change === 'added'),
  );
  section(
    'No longer banned',
    rest.filter(({ change }) => change === 'removed'),
  );
  section(
    'Banned at another time or for another length',
    rest.filter(({ change }) => change === 'changed'),
  );
  out.line(
    `${plural(logs, 'log')}, ${plural(summary.lines, 'line')}: ${plural(summary.bans_before, 'ban')} by the policy that holds, ` +
      `${number(summary.bans_after)} by the proposed one`,
  );
  out.line(
    `${plural(summary.added, 'address', 'addresses')} banned besides, ${number(summary.removed)} no longer, ` +
      `${number(summary.changed)} otherwise; ${number(summary.hits)} of them logged in successfully`,
  );
  out.line(`Both ${describeAnswer(daemon)}`);
  if (summary.untold > 0)
    out.line(`${plural(summary.untold, 'ban')} more differ and are not told: there are too many.`);
  if (summary.logins_forgotten > 0) {
    out.line(
      `Logins of ${plural(summary.logins_forgotten, 'address', 'addresses')} were too many to be remembered.`,
    );
  }
}

function describe({ out }: Session, { change, ip, before, after, logins }: PolicyDifference): string[] {
  const address = out.styled(change === 'removed' ? 'green' : 'red', visible(ip));
  const bans = [
    ...(before === null ? [] : [`${after === null ? 'was' : 'before'} ${phrase(before)}`]),
    ...(after === null ? [] : [`${before === null ? '' : 'then '}${phrase(after)}`]),
  ];
  const shown = after ?? before;
  const sites = tally(shown?.sites ?? {}).map(([site, count]) => `${visible(site)} ${number(count)}`);
  return [
    `${address}  ${bans.join('; ')}: ${sites.slice(0, 3).join(', ')}`,
    ...(logins === null
      ? []
      : [
          `  ${plural(logins.count, 'successful login')} on ${logins.sites.map((site) => visible(site === '' ? '(no site)' : site)).join(', ')}, ` +
            `${logins.count === 1 ? at(logins.last_at) : `${at(logins.first_at)} to ${at(logins.last_at)}`}`,
        ]),
  ];
}

function phrase({ bans, since, until, failures }: TriedBans): string {
  const length = until === null ? 'for ever' : `for ${span(Date.parse(until) - Date.parse(since))}`;
  const times = bans === 1 ? '' : `${number(bans)} times, `;
  return `banned ${times}${at(since)} ${bans === 1 ? length : `until ${until === null ? 'for ever' : at(until)}`}, ${plural(failures, 'failure')}`;
}
