import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPanelBuilt } from '../../wp-plugin/build.ts';
import { cacheDirectory, isOpenToOthers } from '../wordpress/cache.ts';
import { isCoreCached } from '../wordpress/core.ts';
import { isSqliteIntegrationCached } from '../wordpress/sqlite-integration.ts';
import { startProcess } from './process.ts';
import type { Screen } from './screen.ts';
import type { Stage } from './stage.ts';
import { provideSystemPackages } from './system-packages.ts';

/** The WordPress that the demo runs. */
export const version = '7.1';

/** Unix users that Debian has for programs which hardly anybody runs any more; each site runs as one of them. */
export const siteUsers = { blog: 'news', shop: 'games' } as const;

/**
 * Installs, downloads and builds what the sites need, saying so first.
 *
 * @returns why the demo goes without them; null where they can be made
 */
export async function prepareSites(stage: Stage, screen: Screen): Promise<string | null> {
  if (stage.network === null) return stage.leftOut;
  if (!isOpenToOthers(tmpdir())) return `Sites run as other users, which may not enter ${tmpdir()} (TMPDIR).`;
  const users = readFileSync('/etc/passwd', 'utf8');
  const missing = Object.values(siteUsers).find((user) => !users.includes(`${user}:`));
  if (missing !== undefined) return `This machine has no Unix user “${missing}”.`;
  const withoutPackages = await provideSystemPackages('wordpress', screen);
  if (withoutPackages !== null) return withoutPackages;

  if (!isCoreCached(version) || !isSqliteIntegrationCached()) {
    screen.note(
      `Downloading WordPress ${version} from deb.debian.org and its plugin for SQLite from registry.npmjs.org, ` +
        `this once; they stay in ${cacheDirectory}.`,
    );
  }
  const failure = await prepare(stage, version);
  if (failure !== null) return `WordPress could not be had: ${failure}`;
  if (!isPanelBuilt()) {
    screen.note('Building the panel (wp-plugin/build), which takes half a minute, this once.');
    const withoutPanel = await prepare(stage, 'panel');
    if (withoutPanel !== null) {
      screen.note(
        `The panel could not be built; its table without JavaScript is shown instead: ${withoutPanel}`,
      );
    }
  }
  return null;
}

/** @returns why it failed; null: it did not */
async function prepare({ directory, signal, cleanUp }: Stage, what: string): Promise<string | null> {
  signal.throwIfAborted();
  const script = fileURLToPath(new URL('prepare-wordpress.ts', import.meta.url));
  const child = cleanUp.use(
    startProcess([process.execPath, script, what], join(directory, `prepare-${what}.log`), signal),
  );
  try {
    await child.succeeded();
    return null;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}
