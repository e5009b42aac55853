import { type Command, Option } from 'commander';
import { refuseUsage } from '../arguments.ts';
import { defaultConfigPath } from '../logs.ts';
import { plural } from '../phrases.ts';
import { type ExitCode, type Session, withSession } from '../session.ts';
import type { SitePlan } from '../setup/plan.ts';
import type { Questions } from '../setup/questions.ts';
import type { SiteDone } from '../setup/site.ts';
import type { SlackDone } from '../setup/slack.ts';
import { visible } from '../terminal.ts';

interface Options {
  readonly yes?: true;
  readonly dryRun?: true;
  readonly site: string[];
  /** The plugin's zip; `--no-plugin` makes it false. */
  readonly plugin: string | boolean;
  readonly mustUse?: true;
  readonly slackWebhookFile?: string;
  readonly config: string;
  /** Put before the paths of web servers' configuration, for tests. */
  readonly root: string;
  readonly webhookPath?: string;
}

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('find the WordPress sites of this host, register them, install the plugin, connect Slack')
    .option('--yes', 'ask nothing, do all of it')
    .option('--dry-run', 'change nothing, say what would be done')
    .option(
      '--site <domain>',
      'only this site; repeatable',
      (one: string, all: string[]) => [...all, one],
      [],
    )
    .option('--plugin <path>', 'the plugin, as a zip or a folder; left out: the one that came along')
    .option('--no-plugin', 'leave the plugin alone')
    .option('--must-use', 'install the plugin where no site can switch it off')
    .option('--slack-webhook-file <file>', 'a file that holds the URL of Slack’s incoming webhook')
    .option('--config <file>', 'the configuration', defaultConfigPath)
    .addOption(new Option('--root <dir>').default('').hideHelp())
    .addOption(new Option('--webhook-path <file>').hideHelp())
    .addHelpText(
      'after',
      `
Looks at the vhosts of nginx and Apache and the pools of PHP-FPM. What is there already is kept: run it as often as you like.

Examples:
  sudo portcullis setup
  sudo portcullis setup --dry-run
  sudo portcullis setup --yes --slack-webhook-file /root/webhook`,
    )
    .action(withSession(setUp));
}

async function setUp(session: Session, options: Options): Promise<ExitCode> {
  if (process.getuid?.() !== 0) refuseUsage('Only root can set up a host.', 'Run: sudo portcullis setup');
  const asks = options.yes === undefined && options.dryRun === undefined;
  if (asks && (session.json || !process.stdin.isTTY || !process.stdout.isTTY)) {
    refuseUsage(
      'There is no terminal to ask on.',
      'Say --yes to do all of it, or --dry-run to see what that is.',
    );
  }
  const { createExec } = await import('@portcullis/daemon/offline');
  const exec = createExec();
  // A daemon that does not answer is told before anything is asked.
  await session.client.call('status');
  const { troubles, plans } = await plan(session, options, exec);
  const { createQuestions } = await import('../setup/questions.ts');
  using questions = asks ? createQuestions(process.stdin, process.stdout) : null;
  for (const trouble of troubles) say(session, trouble);
  const sites = await doSites(session, options, plans, exec, questions);
  const slack = await doSlack(session, options, exec, questions);
  const failed = sites.some(({ registration, plugin }) => registration === 'failed' || plugin === 'failed');
  const isTestLost = slack.test !== null && slack.test !== 'delivered';
  if (session.json) session.printJson({ dry_run: options.dryRun === true, sites, slack, troubles });
  else tellEnd(session, options, sites, slack);
  return failed || isTestLost ? 1 : 0;
}

type Exec = ReturnType<typeof import('@portcullis/daemon/offline').createExec>;

async function plan({ client }: Session, { site: wanted, root }: Options, exec: Exec) {
  const [{ findWordPress }, { planSites }] = await Promise.all([
    import('../setup/find.ts'),
    import('../setup/plan.ts'),
  ]);
  const { installs, troubles } = await findWordPress(root, exec);
  const registrations = await Array.fromAsync(client.all('listRegistrations'));
  const plans = planSites(installs, registrations);
  const unknown = wanted.filter((one) => !installs.some(({ domains }) => domains.includes(one)));
  if (unknown.length > 0) {
    refuseUsage(
      `No vhost leads to a WordPress of ${unknown.join(', ')}.`,
      `Found: ${installs.map(({ domains }) => domains[0] ?? '').join(', ') || 'none'}`,
    );
  }
  const chosen = plans.filter(
    ({ install }) => wanted.length === 0 || install.domains.some((one) => wanted.includes(one)),
  );
  return { troubles, plans: chosen };
}

async function doSites(
  session: Session,
  options: Options,
  plans: readonly SitePlan[],
  exec: Exec,
  questions: Questions | null,
): Promise<SiteDone[]> {
  const [{ findWpCli }, { findPluginZip, unpackPlugin }, { setUpSite }] = await Promise.all([
    import('../setup/find.ts'),
    import('../setup/plugin.ts'),
    import('../setup/site.ts'),
  ]);
  const zip = typeof options.plugin === 'string' ? options.plugin : findPluginZip();
  using plugin = options.plugin === false || zip === null ? null : unpackPlugin(zip);
  if (options.plugin !== false && zip === null)
    say(session, 'The plugin’s zip is not here; name it with --plugin.');
  const work = {
    client: session.client,
    exec,
    plugin,
    mustUse: options.mustUse === true,
    wpCli: findWpCli(),
    dryRun: options.dryRun === true,
  };
  const done: SiteDone[] = [];
  for (const one of plans) {
    const { domains, path, user, how } = one.install;
    const who = `${visible(domains[0] ?? path)} (${path}, run by ${user ?? '?'}: ${how})`;
    if (questions !== null && one.register && !(await questions.confirm(`Set up ${visible(who)}?`))) continue;
    const site = await setUpSite(one, work);
    done.push(site);
    tellSite(session, options, site);
  }
  if (plans.length === 0) say(session, 'No vhost of nginx or Apache leads to a WordPress.');
  return done;
}

async function doSlack(
  session: Session,
  { slackWebhookFile, config, dryRun, webhookPath }: Options,
  exec: Exec,
  questions: Questions | null,
): Promise<SlackDone> {
  const { hasSlack, setUpSlack } = await import('../setup/slack.ts');
  let url = slackWebhookFile === undefined ? '' : await readSecret(slackWebhookFile);
  if (url === '' && questions !== null && !hasSlack(config)) {
    url = await questions.secret('Slack’s incoming webhook (not shown; Enter: none): ');
  }
  if (url === '') return { webhook: hasSlack(config) ? 'kept' : 'left', test: null, left: [] };
  return setUpSlack(url, {
    client: session.client,
    exec,
    configPath: config,
    ...(webhookPath === undefined ? {} : { path: webhookPath }),
    dryRun: dryRun === true,
  });
}

async function readSecret(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    return refuseUsage(
      `${path} cannot be read: ${(cause as NodeJS.ErrnoException).code}.`,
      'It holds the webhook’s URL.',
    );
  }
}

const say = ({ json, out }: Session, sentence: string): void => {
  if (!json) out.line(visible(sentence));
};

const words = {
  registered: ['registered', 'would be registered'],
  kept: ['kept', 'kept'],
  installed: ['installed', 'would be installed'],
  updated: ['updated', 'would be updated'],
  failed: ['failed', 'would fail'],
  left: ['left alone', 'left alone'],
} as const;

function tellSite({ json, out }: Session, { dryRun }: Options, site: SiteDone): void {
  if (json) return;
  const tense = dryRun ? 1 : 0;
  const { domains, path, user, mode, registration, plugin, left } = site;
  out.line(out.styled('bold', visible(domains.join(', ') || path)));
  out.line(`  ${path}, run by ${user ?? '?'} (${visible(site.user_from)})`);
  out.line(`  registration: ${words[registration][tense]} (${mode}); plugin: ${words[plugin][tense]}`);
  for (const one of left) out.line(`  ${out.styled('yellow', '!')} ${visible(one)}`);
}

function tellEnd({ out }: Session, { dryRun }: Options, sites: readonly SiteDone[], slack: SlackDone): void {
  const slackWords = { stored: 'connected', kept: 'as it was', left: 'not connected' } as const;
  out.line();
  out.line(
    `Slack: ${slackWords[slack.webhook]}${slack.test === null ? '' : `; the test was ${slack.test}`}.`,
  );
  for (const one of slack.left) out.line(`  ${out.styled('yellow', '!')} ${visible(one)}`);
  const changed = sites.filter(
    ({ registration, plugin }) => registration !== 'kept' || !['kept', 'left'].includes(plugin),
  );
  const what = `${plural(sites.length, 'site')}, ${dryRun ? 'to change' : 'changed'}: ${changed.length}.`;
  out.line(`${what} Is everything in place? portcullis doctor`);
}
