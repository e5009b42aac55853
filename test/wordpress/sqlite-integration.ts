import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, isCached } from './cache.ts';

/**
 * The package that holds the plugin's zip. Only its archive is fetched: as a dependency it would bring a hundred packages
 * and PHP in WebAssembly with it.
 */
const packageName = '@wp-playground/cli';
const version = '3.1.56';
const sha512 = 'JTxl6djPEM2YRYz/w+BUoyoCvhSGHIjqMi4fMV1b8o1UPNvZatLaS7opo57UsrVElXrfdZwvi6IuyS4LswUx9Q==';

const folderName = `sqlite-${version}`;

/** Whether it need not be downloaded any more. */
export const isSqliteIntegrationCached = (): boolean => isCached(folderName);

/** The folder of WordPress' SQLite plugin, whose drop-in lets WordPress run without a database server. */
export const provideSqliteIntegration = (): Promise<string> =>
  cached(folderName, async (folder) => {
    const work = join(folder, '.work');
    mkdirSync(work);
    await execa('npm', ['pack', '--silent', `${packageName}@${version}`], { cwd: work });
    const archive = join(work, `wp-playground-cli-${version}.tgz`);
    assert.equal(createHash('sha512').update(readFileSync(archive)).digest('base64'), sha512, 'the archive');
    await execa('tar', ['xzf', archive, 'package/sqlite-database-integration.zip'], { cwd: work });
    await execa('unzip', ['-q', 'package/sqlite-database-integration.zip'], { cwd: work });
    cpSync(join(work, 'plugin-sqlite-database-integration'), folder, { recursive: true });
    rmSync(work, { recursive: true });
  });
