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
  type WordPressOptions,
} from '../../wordpress/wordpress.ts';
import { startChromium } from './chromium.ts';
import { createVisitors, type Visitors } from './visitors.ts';

/** Where the administrator's browser is. */
export const ownAddress = '198.51.100.200';
/** Where attackers may be. */
export const attackers = Array.from({ length: 30 }, (_, at) => `198.51.100.${at + 10}`);

/** A WordPress of a Unix user of its own. */
export interface SiteSettings
  extends Pick<WordPressOptions, 'host' | 'version' | 'database' | 'multisite' | 'mustUse'> {
  /** 198.51.100.1 to 9. */
  readonly address: string;
  readonly user: string;
}

/** A site, or the second site `shop` of a network. */
export type PlaceOf<Id extends string> = Id | `${Id}/shop`;

/** Whose browser, and which of the screens. */
export interface Screen {
  /** Left out: the administrator of the site, or of the network. */
  readonly login?: string;
  /** The screen of the network. */
  readonly network?: boolean;
  /** The address's own parameters, as `&tab=history`. */
  readonly parameters?: string;
}

/** Two sites of two Unix users: the oldest WordPress on SQLite, the newest on MariaDB. */
const twoSites = {
  blog: { host: 'blog.example', address: '198.51.100.1', user: 'www-data', version: '6.8' },
  shop: {
    host: 'shop.example',
    address: '198.51.100.2',
    user: 'backup',
    version: '7.1',
    database: 'mariadb',
  },
} as const satisfies Record<string, SiteSettings>;
export type SiteId = keyof typeof twoSites;

export interface World<Id extends string = SiteId> extends AsyncDisposable {
  readonly host: Host;
  readonly wordpress: Readonly<Record<Id, WordPress>>;
  readonly context: BrowserContext;
  /** Stops the daemon. */
  stopDaemon(): Promise<unknown>;
  /** A failed login through the form. */
  failLogin(site: PlaceOf<Id>, from: string, user: string): Promise<number | string>;
  /** A failed login through XML-RPC. */
  failXmlRpc(site: PlaceOf<Id>, from: string, user: string): Promise<number | string>;
  /** The front page, as a visitor sees it. */
  visit(site: PlaceOf<Id>, from: string): Promise<number | string>;
  /** The panel in a browser that is logged in; a text is the address's own parameters. Another login ends those before. */
  openPanel(site: PlaceOf<Id>, screen?: string | Screen): Promise<Page>;
}

/** A host with daemon, firewall, rsyslog and two sites; a network of visitors with a browser in it. */
export const createWorld = (): Promise<World> => createWorldOf(twoSites);

/** The same with other sites. */
export async function createWorldOf<Id extends string>(
  sites: Readonly<Record<Id, SiteSettings>>,
): Promise<World<Id>> {
  const ids = Object.keys(sites) as Id[];
  const places = new Map(ids.flatMap((id) => placesOf(id, sites[id])));
  const placeOf = (name: PlaceOf<Id>) => places.get(name)!;
  const addresses = Object.fromEntries([...places.values()].map(({ host: name, to }) => [name, to]));
  buildPanel();
  await using undo = new AsyncDisposableStack();
  const host = undo.use(await createHost());
  letOthersIn(host.directory);
  const outside = undo.use(await createNamespace());
  await connectNetworks(host, outside.name, [...new Set(Object.values(addresses))]);
  const rsyslog = { directory: host.directory, log: host.log, format: 'rfc3339' } as const;
  undo.use(await startRsyslog(rsyslog));
  host.configure(
    ids
      .map((id) => {
        const hosts = placesOf(id, sites[id]).map(([, place]) => place.host);
        const names = new Set([...hosts, `www.${sites[id].host}`]);
        return `[sites.${id}]\ndomains = ${JSON.stringify([...names])}\nuser = "${sites[id].user}"\n`;
      })
      .join(''),
  );
  const daemon = await host.start();
  const serve = async (id: Id): Promise<WordPress> => {
    const { address, ...options }: SiteSettings = sites[id];
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
  const wordpress = {} as Record<Id, WordPress>;
  for (const id of ids) wordpress[id] = await serve(id);
  const visitors: Visitors = undo.use(createVisitors(outside));
  const { context } = undo.use(await startChromium(outside, addresses));
  const all = undo.move();

  const post = (site: PlaceOf<Id>, from: string, path: string, body: string, type?: string) => {
    const { host: name, to, prefix } = placeOf(site);
    const more = type === undefined ? {} : { type };
    return visitors.visit({ from, to, host: name, path: `${prefix}${path}`, body, ...more });
  };
  /** Logins by the site at which they were made: one browser has one of each. */
  const logins = new Map<string, string>();
  async function open(site: PlaceOf<Id>, login: string, path: string): Promise<Page> {
    const { url } = placeOf(site);
    const page = await context.newPage();
    if (logins.get(site) === login) {
      await page.goto(`${url}${path}`);
      return page;
    }
    if ([...logins.values()].some((other) => other !== login)) {
      await context.clearCookies();
      logins.clear();
    }
    await page.goto(`${url}/wp-login.php?redirect_to=${encodeURIComponent(`${url}${path}`)}`);
    await fillIn(page, { '#user_login': login, '#user_pass': admin.password });
    await page.click('#wp-submit');
    await page.waitForURL(({ pathname }) => !pathname.endsWith('/wp-login.php'));
    logins.set(site, login);
    return page;
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
      const { host: name, to, prefix } = placeOf(site);
      return visitors.visit({ from, to, host: name, path: `${prefix}/` });
    },
    async openPanel(site, screen = {}) {
      const {
        login = admin.login,
        network = false,
        parameters = '',
      } = typeof screen === 'string' ? { parameters: screen } : screen;
      const path = network ? 'network/settings.php' : 'tools.php';
      const page = await open(site, login, `/wp-admin/${path}?page=portcullis${parameters}`);
      await page.getByRole('navigation', { name: 'Portcullis' }).waitFor();
      return page;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** WordPress moves the focus to the name a moment after the page came: a password that is being filled in lands there. */
async function fillIn(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    for (const [field, value] of Object.entries(fields)) await page.fill(field, value);
    const values = await Promise.all(Object.keys(fields).map((field) => page.inputValue(field)));
    if (Object.values(fields).every((value, index) => values[index] === value)) return;
  }
}

interface Place {
  readonly host: string;
  readonly to: string;
  /** Before every path. */
  readonly prefix: string;
  readonly url: string;
}

function placesOf<Id extends string>(id: Id, settings: SiteSettings): [PlaceOf<Id>, Place][] {
  const { host, address: to, multisite = null } = settings;
  const place = (name: string, prefix: string): Place => ({
    host: name,
    to,
    prefix,
    url: `http://${name}${prefix}`,
  });
  return [
    [id, place(host, '')],
    ...(multisite === 'subdirectory' ? [[`${id}/shop`, place(host, '/shop')] as [PlaceOf<Id>, Place]] : []),
    ...(multisite === 'subdomain' ? [[`${id}/shop`, place(`shop.${host}`, '')] as [PlaceOf<Id>, Place]] : []),
  ];
}

/** Joins the host to the network of visitors with a cable, and gives both sides their addresses. */
async function connectNetworks(
  { namespace }: Host,
  outside: string,
  addresses: readonly string[],
): Promise<void> {
  const { exec, name } = namespace;
  const cable = ['web', 'netns', name, 'type', 'veth', 'peer', 'name', 'web', 'netns', outside];
  await exec(['ip', 'link', 'add', ...cable]);
  const batch = (own: readonly string[]) =>
    [...own.map((address) => `addr add ${address}/24 dev web`), 'link set web up'].join('\n');
  await exec(['ip', '-batch', '-'], { input: batch(addresses) });
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
