import { originAttribution } from '@portcullis/contracts';
import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addAllow } from './commands/allow.ts';
import { addAudit } from './commands/audit.ts';
import { addBan } from './commands/ban.ts';
import { addBans } from './commands/bans.ts';
import { addCampaigns } from './commands/campaigns.ts';
import { addCheckConfig } from './commands/check-config.ts';
import { addClearFirewall } from './commands/clear-firewall.ts';
import { addCompletion } from './commands/completion.ts';
import { addDaemon } from './commands/daemon.ts';
import { addDoctor } from './commands/doctor.ts';
import { addMatch } from './commands/match.ts';
import { addPolicy } from './commands/policy.ts';
import { addReplay } from './commands/replay.ts';
import { addReport } from './commands/report.ts';
import { addRequests } from './commands/requests.ts';
import { addSetup } from './commands/setup.ts';
import { addSite } from './commands/site.ts';
import { addSites } from './commands/sites.ts';
import { addSlack } from './commands/slack.ts';
import { addStatus } from './commands/status.ts';
import { addUnban } from './commands/unban.ts';
import { addWhy } from './commands/why.ts';
import { reportFailure } from './failure.ts';
import { defaultSocket } from './session.ts';

/** The whole command line; nothing happens until it parses arguments. */
export function createProgram(): Command {
  const program = new Command('portcullis')
    .description('Bans whoever attacks the WordPress sites of this host, and tells you why.')
    .version(manifest.version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .option('--socket <path>', "the daemon's admin socket", defaultSocket)
    .option('--json', 'print JSON for programs')
    .option('--no-color', 'no colour, even on a terminal')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  portcullis status                  is all well, and how many bans are enforced
  portcullis why 198.51.100.7        why an address is banned, or is not
  portcullis unban 198.51.100.7 --allow 7d

Exit codes: 0 done, 1 the answer is "no" or a check failed, 2 wrong usage or configuration,
3 the daemon cannot be reached, 4 refused by policy.

${originAttribution}`,
    );
  for (const add of [
    addStatus,
    addBans,
    addWhy,
    addBan,
    addUnban,
    addAllow,
    addSites,
    addCampaigns,
    addSite,
    addRequests,
    addAudit,
    addReport,
    addSlack,
    addMatch,
    addReplay,
    addPolicy,
    addDoctor,
    addSetup,
    addCheckConfig,
    addClearFirewall,
    addDaemon,
    addCompletion,
  ]) {
    add(program);
  }
  return program;
}

/** Runs one command line. @returns the exit code */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (cause) {
    return reportFailure(cause, { json: argv.includes('--json'), color: !argv.includes('--no-color') });
  }
}
