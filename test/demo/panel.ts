import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Ban } from '@portcullis/contracts';
import { waitFor } from '../support/wait-for.ts';
import { banned, isInKernel } from './attacks.ts';
import { cast } from './cast.ts';
import type { Network } from './network.ts';
import { prepareSites, version } from './preparation.ts';
import type { Screen } from './screen.ts';
import { logIn, type SiteOwner } from './site-owner.ts';
import { createSites, type Site } from './sites.ts';
import type { Stage } from './stage.ts';

/** Where the panel is found, and who may enter. */
export interface PanelAddress {
  readonly url: string;
  readonly login: string;
  readonly password: string;
}

/** The screen of the plugin. */
const screenPath = '/wp-admin/tools.php?page=portcullis';
const { address: guesser } = cast.guesser;

/**
 * Real sites are attacked by HTTP, and their owners see what concerns them.
 *
 * @returns the panel of each site; empty where this part is left out
 */
export async function playPanel(stage: Stage, screen: Screen): Promise<readonly PanelAddress[]> {
  screen.chapter('Two WordPress sites, each as a Unix user of its own');
  const leftOut = await prepareSites(stage, screen);
  const { network } = stage;
  if (leftOut !== null || network === null) {
    screen.note(`The sites and their panel are left out of the demo. ${leftOut}`);
    return [];
  }
  const { blog, shop } = await setUp({ ...stage, network });
  screen.tell(`WordPress ${version} on PHP's own web server; its lines go through rsyslogd into auth.log.`);
  for (const { name, loopbackName, user } of [blog, shop]) {
    const words = ['site', 'add', name, '--domain', loopbackName, '--user', user];
    screen.command(`portcullis ${words.join(' ')}`, await stage.portcullis(...words));
  }
  const owners = { blog: await logIn(blog), shop: await logIn(shop) };
  for (const [owner, { name }] of [
    [owners.blog, blog],
    [owners.shop, shop],
  ] as const) {
    const { value } = await owner.rest('GET', '/site');
    const said = JSON.stringify(value);
    screen.promise(value['id'] === name, `the plugin speaks to the daemon as ${String(value['id'])}`, said);
  }

  screen.chapter(`Somebody tries passwords at the login page of ${blog.name}, by HTTP`);
  await playGuesses({ ...stage, network }, screen, blog);
  screen.chapter('What the owners of the two sites see and may do, by the REST API of the plugin');
  await playOwners(screen, { ...owners, blogName: blog.name, shopName: shop.name });
  const { accepted, outcome } = await stage.visit(guesser, blog.address);
  screen.promise(accepted, `${guesser} is accepted again by ${blog.name}: ${outcome}`, outcome);

  screen.chapter("The panel, on this machine's loopback");
  const panels = [];
  for (const [owner, { host, login, password }] of [
    [owners.blog, blog],
    [owners.shop, shop],
  ] as const) {
    const url = `http://${host}${screenPath}`;
    const { status, body } = await owner.page(screenPath);
    screen.promise(status === 200, `HTTP ${status}  ${url}`, body.slice(0, 500));
    await playScript(screen, owner, body);
    panels.push({ url, login, password });
  }
  return panels;
}

/** The panel is a script; without it the page holds a table. */
async function playScript(screen: Screen, owner: SiteOwner, page: string): Promise<void> {
  const script = /\/wp-content\/plugins\/portcullis\/build\/index\.js[^"']*/.exec(page)?.[0];
  if (script === undefined) {
    const table = /<table class="wp-list-table|No address is banned because of this site/;
    screen.promise(table.test(page), 'the table without JavaScript is there', page.slice(0, 500));
    return;
  }
  const { status, headers, body } = await owner.page(script);
  const bytes = Buffer.byteLength(body);
  screen.promise(
    status === 200 && Number(headers['content-length']) === bytes,
    `its script comes whole: ${Math.round(bytes / 1000)} kB`,
    `HTTP ${status}, ${bytes} of ${headers['content-length']} bytes`,
  );
}

/** The sites, which are removed before what they stand on; where the demo is interrupted, when they are half made. */
async function setUp(stage: Stage & { network: Network }) {
  stage.signal.throwIfAborted();
  const undo = new AsyncDisposableStack();
  const settingUp = createSites(stage, undo);
  stage.cleanUp.defer(async () => {
    await settingUp.catch(() => undefined);
    await undo.disposeAsync();
  });
  return settingUp;
}

async function playGuesses(stage: Stage & { network: Network }, screen: Screen, site: Site): Promise<void> {
  const guess = async (login: string, password: string) => {
    const script = fileURLToPath(new URL('log-in.ts', import.meta.url));
    const words = [guesser, site.address, site.name, login, password];
    const printed = (await stage.network.visitors.run(process.execPath, script, ...words)).trim();
    return { accepted: printed.startsWith('accepted '), outcome: printed.replace(/^\w+ /, '') };
  };
  const guesses = [
    ['admin', '123456'],
    ['admin', 'admin2026'],
    ['administrator', 'letmein'],
  ] as const;
  for (const [at, [login, password]] of guesses.entries()) {
    const { accepted, outcome } = await guess(login, password);
    screen.tell(`POST /wp-login.php  ${login} / ${password}  → ${outcome}`);
    if (!accepted) screen.promise(false, `${guesser} is let in until it is banned`, outcome);
    screen.show(await logged(stage.logPath, guesser, at + 1));
  }
  const { ban } = await banned(stage, screen, guesser);
  screen.tell(`→ ban of ${ban.ip} until ${ban.until}: ${ban.reason}`);
  screen.promise(ban.state === 'active' && (await isInKernel(stage, guesser)), `${guesser} is in the kernel`);
  const { accepted, outcome } = await guess('admin', 'hunter2');
  screen.promise(!accepted, `its next attempt is refused: ${outcome}`, outcome);
}

/** The line of this number, from 1 on, that ends in the address; rsyslogd may write it after the site has answered. */
const logged = (path: string, address: string, number: number): Promise<string> =>
  waitFor(`line ${number} of ${address} is in the log`, () =>
    readFileSync(path, 'latin1')
      .split('\n')
      .filter((line) => line.endsWith(` from ${address}`))
      .at(number - 1),
  );

interface Owners {
  readonly blog: SiteOwner;
  readonly shop: SiteOwner;
  readonly blogName: string;
  readonly shopName: string;
}

async function playOwners(screen: Screen, { blog, shop, blogName, shopName }: Owners): Promise<void> {
  const path = `/bans?ip=${guesser}`;
  const seen = async (owner: SiteOwner) => (await owner.rest('GET', path)).value;
  const own = await seen(blog);
  const [ban] = (own['items'] ?? []) as Ban[];
  screen.promise(
    own['total'] === 1 && ban?.ip === guesser,
    `${blogName} sees the ban of ${guesser}; it tried ${ban?.users.join(', ')}`,
    JSON.stringify(own),
  );
  const others = await seen(shop);
  screen.promise(
    others['total'] === 0,
    `${shopName} does not: no evidence is its own`,
    JSON.stringify(others),
  );
  const refused = await shop.rest('DELETE', path);
  screen.promise(
    refused.status >= 400 && (await seen(blog))['total'] === 1,
    `${shopName} cannot lift it: HTTP ${refused.status} ${String(refused.value['message'])}`,
    JSON.stringify(refused),
  );
  const lifted = await blog.rest('DELETE', path);
  screen.promise(
    lifted.status === 200 && (await seen(blog))['total'] === 0,
    `${blogName} lifts it: HTTP ${lifted.status}`,
    JSON.stringify(lifted),
  );
}
