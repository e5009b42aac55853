import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Constant, Multisite } from './configuration.ts';
import type { WordPressVersion } from './core.ts';
import { configure, install, layOut, siteEnvironment } from './install.ts';
import { startMariaDb } from './mariadb.ts';
import { copyDatabase } from './template.ts';
import { runPhp, type ServeOptions, startWebServer, type WebServer } from './web-server.ts';

export { admin } from './install.ts';
export type { Multisite, WebServer, WordPressVersion };

/** The plugin's sources, as they lie here. */
export const pluginSources = new URL('../../wp-plugin', import.meta.url).pathname;

export interface WordPressOptions {
  /** Left out: the lowest that the plugin supports. */
  readonly version?: WordPressVersion;
  /** A network with a second site `Shop`: in `/shop/`, or at `shop.<host>`. Left out: a single site. */
  readonly multisite?: Multisite;
  readonly database?: 'sqlite' | 'mariadb';
  /** What browsers call it, with its port where that is not 80. */
  readonly host: string;
  /** The folder of the plugin, unzipped or as sources; null: without it. Left out: the sources. */
  readonly plugin?: string | null;
  readonly mustUse?: boolean;
  /** Constants for `wp-config.php`, as PORTCULLIS_SOCKET. */
  readonly constants?: Readonly<Record<string, Constant>>;
  /** The Unix user that PHP will run as and that the files belong to; needs root. */
  readonly user?: string;
}

/** A WordPress that is installed, with the stand-in for WP fail2ban and the plugin active. Disposing of it removes it. */
export interface WordPress extends AsyncDisposable {
  readonly host: string;
  readonly url: string;
  readonly directory: string;
  /** The environment that its PHP processes need. */
  readonly environment: Readonly<Record<string, string>>;
  /** Replaces the constants that were given. */
  define(constants: Readonly<Record<string, Constant>>): void;
  /** Starts a web server for it. Ends with it. */
  serve(options: Omit<ServeOptions, 'user'>): Promise<WebServer>;
  /** Runs PHP code inside it and gives what it prints. */
  run(code: string): Promise<string>;
  /** What PHP complained about, WordPress' own files left out: notices, warnings, errors. Empty is as it should be. */
  complaints(): string;
}

/** Makes a WordPress. The first one of a version and form takes a minute, with a download; others less than a second. */
export async function createWordPress(options: WordPressOptions): Promise<WordPress> {
  const { version = '6.8', multisite = null, host, plugin = pluginSources, mustUse = false, user } = options;
  await using ours = new AsyncDisposableStack();
  const directory = ours.adopt(mkdtempSync(join(tmpdir(), 'wp-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  );
  letOthersIn(directory);
  layOut(directory);
  if (plugin !== null) addPlugin(plugin, join(directory, 'wp-content'), mustUse);

  const onMariaDb = options.database === 'mariadb';
  const database = onMariaDb
    ? { kind: 'mariadb' as const, socket: ours.use(await startMariaDb(directory)).socket }
    : { kind: 'sqlite' as const };
  const installation = { directory, version, multisite, host, database };
  if (onMariaDb) await install(installation);
  else await copyDatabase(directory, version, multisite, host);
  const define = (constants: Readonly<Record<string, Constant>>) =>
    configure(installation, multisite, constants);
  define(options.constants ?? {});
  const log = join(directory, 'debug.log');
  writeFileSync(log, '');
  if (user !== undefined)
    await execa('chown', [
      '-R',
      `${user}:${user}`,
      log,
      ...['wp-content', ...(onMariaDb ? [] : ['database'])].map((name) => join(directory, name)),
    ]);

  const environment = await siteEnvironment(installation);
  const servers = ours.use(new AsyncDisposableStack());
  const all = ours.move();
  return {
    host,
    url: `http://${host}`,
    directory,
    environment,
    define,
    serve: async (where) =>
      servers.use(await startWebServer(environment, { ...where, ...(user === undefined ? {} : { user }) })),
    run: (code) => runPhp(environment, [join(environment.BENCH_PARTS, 'run.php'), code], user),
    complaints: () =>
      readFileSync(log, 'utf8')
        .split(/^(?=\[)/m)
        .filter(
          (entry) =>
            !entry.includes(`/${basename(environment.BENCH_CORE)}/`) || entry.includes('/portcullis/'),
        )
        .join(''),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** What a release has; sources have more. */
const released = ['portcullis.php', 'uninstall.php', 'readme.txt', 'includes', 'build', 'languages'];

function addPlugin(folder: string, content: string, mustUse: boolean): void {
  const target = join(content, mustUse ? 'mu-plugins' : 'plugins', 'portcullis');
  mkdirSync(target, { recursive: true });
  for (const name of released.filter((name) => existsSync(join(folder, name))))
    cpSync(join(folder, name), join(target, name), { recursive: true });
  if (mustUse)
    writeFileSync(
      join(dirname(target), 'portcullis-loader.php'),
      "<?php require __DIR__ . '/portcullis/portcullis.php';\n",
    );
}

/** Other users may enter the folder, and pass through those above it that are ours. */
export function letOthersIn(directory: string): void {
  chmodSync(directory, 0o755);
  for (let folder = dirname(directory); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid } = statSync(folder);
    if ((mode & 0o001) === 0 && uid === process.getuid?.()) chmodSync(folder, (mode & 0o777) | 0o011);
  }
}
