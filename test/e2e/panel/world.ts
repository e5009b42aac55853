import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { buildPanel } from '../../../wp-plugin/build.ts';
import { createHost, type Host } from '../../support/daemon-process.ts';
import { createNamespace } from '../../support/network-namespace.ts';
import { startRsyslog } from '../../support/rsyslog.ts';
import {
  admin,
  createWordPress,
  letOthersIn,
  type WordPress,
  type WordPressVersion,
} from '../../wordpress/wordpress.ts';
import { startChromium } from './chromium.ts';
import { createVisitors, type Visitors } from './visitors.ts';

/** Where the administrator's browser is. */
export const ownAddress = '198.51.100.200';
/** Where attackers may be. */
export const attackers = Array.from({ length: 30 }, (_, at) => `198.51.100.${at + 10}`);

interface SiteSettings {
  readonly host: string;
  readonly address: string;
  readonly user: string;
  readonly version: WordPressVersion;
}

/** Two sites of two Unix users, on the oldest and the newest WordPress. */
const sites = {
  blog: { host: 'blog.example', address: '198.51.100.1', user: 'www-data', version: '6.8' },
  shop: { host: 'shop.example', address: '198.51.100.2', user: 'backup', version: '7.1' },
} as const satisfies Record<string, SiteSettings>;
export type SiteId = keyof typeof sites;

export interface World extends AsyncDisposable {
  readonly host: Host;
  readonly wordpress: Readonly<Record<SiteId, WordPress>>;
  readonly context: BrowserContext;
  /** Stops the daemon. */
  stopDaemon(): Promise<unknown>;
  /** A failed login through the form. */
  failLogin(site: SiteId, from: string, user: string): Promise<number | string>;
  /** A failed login through XML-RPC. */
  failXmlRpc(site: SiteId, from: string, user: string): Promise<number | string>;
  /** The front page, as a visitor sees it. */
  visit(site: SiteId, from: string): Promise<number | string>;
  /** The panel in a browser that is logged in; `parameters` are the address's own. */
  openPanel(site: SiteId, parameters?: string): Promise<Page>;
}

/** A host with daemon, firewall, rsyslog and two sites; a network of visitors with a browser in it. */
export async function createWorld(): Promise<World> {
  buildPanel();
  await using undo = new AsyncDisposableStack();
  const host = undo.use(await createHost());
  letOthersIn(host.directory);
  const outside = undo.use(await createNamespace());
  await connectNetworks(host, outside.name);
  const rsyslog = { directory: host.directory, log: host.log, format: 'rfc3339' } as const;
  undo.use(await startRsyslog(rsyslog));
  host.configure(
    Object.entries(sites)
      .map(
        ([id, { host: domain, user }]) =>
          `[sites.${id}]\ndomains = ["${domain}", "www.${domain}"]\nuser = "${user}"\n`,
      )
      .join(''),
  );
  const daemon = await host.start();
  const serve = async (id: SiteId): Promise<WordPress> => {
    const { address, ...options } = sites[id];
    const socket = join(host.directory, `run/sites/${id}.sock`);
    const wordpress = undo.use(
      await createWordPress({ ...options, constants: { PORTCULLIS_SOCKET: socket } }),
    );
    await wordpress.serve({
      namespace: host.namespace,
      address,
      port: 80,
      syslog: join(host.directory, 'syslog.sock'),
    });
    return wordpress;
  };
  const wordpress = { blog: await serve('blog'), shop: await serve('shop') };
  const visitors: Visitors = undo.use(createVisitors(outside));
  const names = Object.fromEntries(Object.values(sites).map(({ host: name, address }) => [name, address]));
  const { context } = undo.use(await startChromium(outside, names));
  const all = undo.move();

  const post = (site: SiteId, from: string, path: string, body: string, type?: string) => {
    const { host: name, address: to } = sites[site];
    return visitors.visit({ from, to, host: name, path, body, ...(type === undefined ? {} : { type }) });
  };
  const loggedIn = new Set<SiteId>();
  async function logIn(site: SiteId): Promise<void> {
    const page = await context.newPage();
    await page.goto(`${wordpress[site].url}/wp-login.php`);
    await page.fill('#user_login', admin.login);
    await page.fill('#user_pass', admin.password);
    await page.click('#wp-submit');
    await page.waitForURL(/wp-admin/);
    await page.close();
    loggedIn.add(site);
  }
  return {
    host,
    wordpress,
    context,
    stopDaemon: () => daemon.end(),
    failLogin: (site, from, user) =>
      post(site, from, '/wp-login.php', String(new URLSearchParams({ log: user, pwd: 'wrong' }))),
    failXmlRpc: (site, from, user) =>
      post(site, from, '/xmlrpc.php', xmlRpcLogin(user, 'wrong'), 'text/xml; charset=utf-8'),
    visit: (site, from) => {
      const { host: name, address: to } = sites[site];
      return visitors.visit({ from, to, host: name, path: '/' });
    },
    async openPanel(site, parameters = '') {
      if (!loggedIn.has(site)) await logIn(site);
      const page = await context.newPage();
      await page.goto(`${wordpress[site].url}/wp-admin/tools.php?page=portcullis${parameters}`);
      await page.getByRole('navigation', { name: 'Portcullis' }).waitFor();
      return page;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Joins the host to the network of visitors with a cable, and gives both sides their addresses. */
async function connectNetworks({ namespace }: Host, outside: string): Promise<void> {
  const { exec, name } = namespace;
  const cable = ['web', 'netns', name, 'type', 'veth', 'peer', 'name', 'web', 'netns', outside];
  await exec(['ip', 'link', 'add', ...cable]);
  const batch = (addresses: readonly string[]) =>
    [...addresses.map((address) => `addr add ${address}/24 dev web`), 'link set web up'].join('\n');
  await exec(['ip', '-batch', '-'], { input: batch(Object.values(sites).map(({ address }) => address)) });
  // The first address is the one that programs use where they do not choose.
  await exec(['ip', '-n', outside, '-batch', '-'], { input: batch([ownAddress, ...attackers]) });
  // Web servers of other users than root listen on port 80, which the firewall guards.
  await exec(['tee', '/proc/sys/net/ipv4/ip_unprivileged_port_start'], { input: '0' });
}

const xml = (text: string) =>
  text.replace(/[<>&]/g, (sign) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[sign]!);
const xmlRpcLogin = (user: string, password: string) =>
  `<?xml version="1.0"?><methodCall><methodName>wp.getUsersBlogs</methodName><params>${[user, password]
    .map((text) => `<param><value><string>${xml(text)}</string></value></param>`)
    .join('')}</params></methodCall>`;
