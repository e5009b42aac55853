import { cpSync, existsSync, globSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, isCached } from './cache.ts';

export type WordPressVersion = '6.8' | '7.1';

/** Debian's releases that hold these versions. Its packages of WordPress run on every architecture. */
const suites: Readonly<Record<WordPressVersion, string>> = { '6.8': 'trixie', '7.1': 'forky' };

/** WordPress, and what Debian takes out of it because it has it elsewhere. */
const packages = [
  'wordpress',
  'libjs-cropper',
  'libjs-jquery-ui',
  'libjs-lodash',
  'libjs-underscore',
  'libphp-phpmailer',
  'php-getid3',
];

/** Lets the surroundings of the process say where a site's configuration is: sites share one copy of WordPress. */
const configuration = `<?php
// Where a site's own settings are.
require getenv( 'BENCH_WP_CONFIG' );
require_once ABSPATH . 'wp-settings.php';
`;

const folderName = (version: WordPressVersion) => `core-${version}-1`;

/** Whether it need not be downloaded any more. */
export const isCoreCached = (version: WordPressVersion): boolean => isCached(folderName(version));

/** The folder of a WordPress of this version as released, without content and configuration. Downloads it once. */
export const provideCore = (version: WordPressVersion): Promise<string> =>
  cached(folderName(version), async (folder) => {
    const root = join(folder, 'debian');
    await extractPackages(suites[version], root);
    // Resolves Debian's links to its other packages; what is missing then is in packages that no screen of ours needs.
    const released = join(root, 'usr/share/wordpress');
    for (const link of globSync('**/*', { cwd: released }).filter(
      (path) => !existsSync(join(released, path)),
    ))
      rmSync(join(released, link));
    for (const name of readdirSync(released)) {
      if (['wp-content', 'wp-config.php', '.htaccess'].includes(name)) continue;
      cpSync(join(released, name), join(folder, name), { recursive: true, dereference: true });
    }
    rmSync(root, { recursive: true });
    writeFileSync(join(folder, 'wp-config.php'), configuration);
  });

/** Packages of another release, by a list folder of our own: the machine's own sources stay as they are. */
async function extractPackages(suite: string, root: string): Promise<void> {
  const apt = join(root, 'apt');
  for (const path of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(apt, path), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(
    join(apt, 'sources.list'),
    `deb [signed-by=${keys}] http://deb.debian.org/debian ${suite} main\n`,
  );
  const options = [
    `Dir::State::Lists=${apt}/lists`,
    `Dir::Etc::SourceList=${apt}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::Cache=${apt}/cache`,
    'Acquire::Languages=none',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  await execa('apt-get', ['--quiet', ...options, 'update']);
  await execa('apt-get', ['--quiet', ...options, 'download', ...packages], { cwd: apt });
  for (const file of globSync('*.deb', { cwd: apt })) await execa('dpkg', ['-x', join(apt, file), root]);
}
