import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AsUser } from './site-user.ts';
import { unzip } from './unzip.ts';

/** The plugin, unpacked where every user may read it. */
export interface PluginFiles extends Disposable {
  readonly directory: string;
  readonly version: string;
}

export interface PluginWork {
  readonly asUser: AsUser;
  /** Where the WordPress lies. */
  readonly path: string;
  readonly mustUse: boolean;
  /** The program WP-CLI; null where the host has none. */
  readonly wpCli: string | null;
}

/** What became of the plugin in one site. */
export interface PluginResult {
  readonly did: 'installed' | 'updated' | 'kept';
  /** Whether WordPress runs it; null: not known without WP-CLI. */
  readonly active: boolean | null;
}

/** What WP-CLI may take, in ms: it starts a WordPress. */
const wpTimeoutMs = 60_000;
const candidates = [
  '/usr/share/portcullis/portcullis.zip',
  // Of a checkout. Not in the words by which a program names files that must come with it.
  join(import.meta.dirname, '../../../../dist/portcullis.zip'),
];
/** What is in a release; a checkout's folder has more. */
const released = ['portcullis.php', 'uninstall.php', 'readme.txt', 'includes', 'build', 'languages'];
const loader = "<?php\n// Plugin Name: Portcullis\nrequire __DIR__ . '/portcullis/portcullis.php';\n";

/** The zip that the package brought, or a checkout built; null where there is none. */
export const findPluginZip = (): string | null => candidates.find((path) => existsSync(path)) ?? null;

/** @param source the zip, or a folder of a checkout */
export function unpackPlugin(source: string): PluginFiles {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-plugin-'));
  try {
    chmodSync(directory, 0o755);
    if (statSync(source).isDirectory()) {
      for (const name of released.filter((one) => existsSync(join(source, one)))) {
        cpSync(join(source, name), join(directory, 'portcullis', name), { recursive: true });
      }
    } else unzip(source, 'portcullis', directory);
    writeFileSync(join(directory, 'portcullis-loader.php'), loader, { mode: 0o644 });
    const version = versionOf(readFileSync(join(directory, 'portcullis/portcullis.php'), 'utf8'));
    return {
      directory,
      version,
      [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
    };
  } catch (cause) {
    rmSync(directory, { recursive: true, force: true });
    throw cause;
  }
}

/** The version that a site has of it; null: none. Looked at as the site's user. */
export async function installedVersion({
  asUser,
  path,
  mustUse,
}: Omit<PluginWork, 'wpCli'>): Promise<string | null> {
  try {
    const header = await asUser([
      'head',
      '-c',
      '4096',
      '--',
      join(folderOf(path, mustUse), 'portcullis/portcullis.php'),
    ]);
    return versionOf(header);
  } catch {
    return null;
  }
}

/** Brings the plugin into a site, and sees that it is there. */
export async function installPlugin(work: PluginWork, plugin: PluginFiles): Promise<PluginResult> {
  const before = await installedVersion(work);
  if (before !== plugin.version) await copy(work, plugin, before !== null);
  const after = await installedVersion(work);
  if (after !== plugin.version) throw new Error(`the plugin is not in ${folderOf(work.path, work.mustUse)}`);
  return {
    did: before === plugin.version ? 'kept' : before === null ? 'installed' : 'updated',
    active: work.mustUse ? true : await activate(work),
  };
}

/** All of it as the site's user: a link that its owner laid there leads nowhere that he could not write himself. */
async function copy({ asUser, path, mustUse }: PluginWork, { directory }: PluginFiles, replace: boolean) {
  const folder = folderOf(path, mustUse);
  const target = join(folder, 'portcullis');
  const draft = join(folder, '.portcullis-new');
  await asUser(['test', '-d', dirname(folder)]);
  await asUser(['mkdir', '-p', '--', folder]);
  try {
    await asUser(['rm', '-rf', '--', draft]);
    await asUser(['cp', '-R', '-T', '--', join(directory, 'portcullis'), draft]);
    if (replace) await asUser(['rm', '-rf', '--', target]);
    await asUser(['mv', '-T', '--', draft, target]);
    if (mustUse)
      await asUser(['cp', '-T', '--', join(directory, 'portcullis-loader.php'), `${target}-loader.php`]);
  } catch (cause) {
    await asUser(['rm', '-rf', '--', draft]).catch(() => {});
    throw cause;
  }
}

/** @returns whether it is active; null where nobody can tell */
async function activate({ asUser, path, wpCli }: PluginWork): Promise<boolean | null> {
  if (wpCli === null) return null;
  const wp = (...argv: string[]) => asUser([wpCli, `--path=${path}`, ...argv], { timeoutMs: wpTimeoutMs });
  const isActive = () =>
    wp('plugin', 'is-active', 'portcullis').then(
      () => true,
      () => false,
    );
  if (await isActive()) return true;
  const isNetwork = await wp('core', 'is-installed', '--network').then(
    () => true,
    () => false,
  );
  await wp('plugin', 'activate', 'portcullis', ...(isNetwork ? ['--network'] : [])).catch(() => {});
  return isActive();
}

const folderOf = (path: string, mustUse: boolean): string =>
  join(path, 'wp-content', mustUse ? 'mu-plugins' : 'plugins');

const versionOf = (header: string): string =>
  /^[ \t*]*Version:[ \t]*([0-9A-Za-z.+-]{1,40})/m.exec(header)?.[1] ?? '';
