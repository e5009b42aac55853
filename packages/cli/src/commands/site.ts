import { type SiteMode, SiteRight, standardRights } from '@portcullis/contracts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { refuseUsage } from '../arguments.ts';
import { type Session, withSession } from '../session.ts';
import { visible } from '../terminal.ts';

interface AddOptions {
  id?: string;
  user?: string;
  domain: string[];
  wp?: string;
  mode: SiteMode;
  rights?: SiteRight[];
}

export function addSite(program: Command): void {
  const site = program
    .command('site')
    .description('register a site for the WordPress panel, remove it, issue its token');
  site
    .command('add')
    .argument('<domain>', 'the name in its log lines, as example.com or example.com/shop')
    .description('register a site')
    .option(
      '--user <name>',
      'the Unix user that runs its PHP, whose lines alone count where the journal tells; needed unless --mode shared',
    )
    .option('--domain <name>', 'another name of the same site; repeatable', collectDomains, [])
    .option('--id <id>', 'what it is called; derived from the domain when left out')
    .option('--wp <path>', 'where its WordPress lives')
    .addOption(
      new Option('--mode <mode>', 'a socket of its own, or one for many and a token')
        .choices(['isolated', 'shared'])
        .default('isolated'),
    )
    .option(
      '--rights <list>',
      `of ${SiteRight.enum.join(', ')}, with commas; left out: ${standardRights.isolated.join(', ')}, or if shared ${standardRights.shared.join(', ')}`,
      readRights,
    )
    .addHelpText(
      'after',
      `
Examples:
  portcullis site add example.com --user site1 --domain www.example.com
  portcullis site add shop.example.com --mode shared --user www-data --wp /var/www/shop`,
    )
    .action(withSession(add));
  site
    .command('remove')
    .argument('<id>', 'as `portcullis sites` lists it')
    .description('remove a site with its socket, token, allow entries and requests')
    .addHelpText('after', '\nExample:\n  portcullis site remove example.com')
    .action(withSession(remove));
  site
    .command('token')
    .argument('<id>', 'as `portcullis sites` lists it')
    .description('issue a new token of a site in shared mode; the one of before no longer holds')
    .option('--revoke', 'only revoke the one of before')
    .addHelpText(
      'after',
      '\nExamples:\n  portcullis site token shop.example.com\n  portcullis site token shop.example.com --revoke',
    )
    .action(withSession(token));
}

const collectDomains = (domain: string, before: string[]): string[] => [...before, domain];

function readRights(text: string): SiteRight[] {
  const words = text.split(',').map((word) => word.trim());
  const wrong = words.find((word) => !(SiteRight.enum as readonly string[]).includes(word));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`“${wrong}” is no right; there are ${SiteRight.enum.join(', ')}.`);
  }
  return [...new Set(words)] as SiteRight[];
}

async function add(session: Session, domain: string, options: AddOptions): Promise<void> {
  const { parseDomain } = await import('@portcullis/core');
  const domains = [domain, ...options.domain].map((text) => {
    const parsed = parseDomain(text);
    if (parsed !== null) return parsed;
    return refuseUsage(
      `“${text}” is not a host name with the path of a sub-site.`,
      'Write it as the log does: example.com, example.com/shop; with punycode for other letters.',
    );
  });
  const { id, user, wp, mode, rights } = options;
  const answer = await session.client.call('register', {
    body: {
      domains: [...new Set(domains)],
      mode,
      ...(id === undefined ? {} : { id }),
      ...(user === undefined ? {} : { user }),
      ...(wp === undefined ? {} : { wp }),
      ...(rights === undefined ? {} : { rights }),
    },
  });
  if (session.json) return session.printJson(answer);
  const { out } = session;
  const { site } = answer;
  out.line(`Registered ${visible(site.id)}: ${site.domains.map(visible).join(', ')}.`);
  out.line(`It speaks through ${visible(site.socket)} and may ${site.rights.join(', ')}.`);
  if (answer.token !== null) tellToken(session, site.id, answer.token);
  out.line(out.styled('dim', `Undo: portcullis site remove ${visible(site.id)}`));
}

async function remove(session: Session, id: string): Promise<void> {
  const site = await session.client.call('unregister', { params: { id } });
  if (session.json) return session.printJson(site);
  session.out.line(`Removed ${visible(site.id)}. Its bans and its history stay.`);
}

async function token(session: Session, id: string, { revoke }: { revoke?: true }): Promise<void> {
  if (revoke) {
    const site = await session.client.call('revokeToken', { params: { id } });
    if (session.json) return session.printJson(site);
    return session.out.line(`Revoked the token of ${visible(id)}.`);
  }
  const answer = await session.client.call('issueToken', { params: { id } });
  if (session.json) return session.printJson(answer);
  tellToken(session, id, answer.token);
}

function tellToken({ out }: Session, id: string, text: string): void {
  out.line(`Token of ${visible(id)}, shown this once; it goes into the site’s wp-config.php:`);
  out.line(`  ${visible(text)}`);
}
