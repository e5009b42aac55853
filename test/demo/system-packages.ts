import { accessSync, constants, globSync } from 'node:fs';
import { execa } from 'execa';
import type { Screen } from './screen.ts';

/** Something that the demo needs, by a program or a file of it, and the Debian package that has it. */
type Need = readonly [programOrGlob: string, debianPackage: string];

const needs = {
  kernel: [
    ['iptables', 'iptables'],
    ['ipset', 'ipset'],
    ['ip', 'iproute2'],
  ],
  wordpress: [
    ['php', 'php-cli'],
    ['/usr/lib/php/*/curl.so', 'php-curl'],
    ['/usr/lib/php/*/mbstring.so', 'php-mbstring'],
    ['/usr/lib/php/*/pdo_sqlite.so', 'php-sqlite3'],
    ['/usr/lib/php/*/dom.so', 'php-xml'],
    ['rsyslogd', 'rsyslog'],
    ['bwrap', 'bubblewrap'],
    ['unzip', 'unzip'],
    ['/usr/share/keyrings/debian-archive-keyring.gpg', 'debian-archive-keyring'],
  ],
} as const satisfies Record<string, readonly Need[]>;

/**
 * Installs what is missing, as root on Debian and Ubuntu, saying so first.
 *
 * @returns why this part of the demo is left out; null where it can be shown
 */
export async function provideSystemPackages(
  part: keyof typeof needs,
  screen: Pick<Screen, 'note'>,
): Promise<string | null> {
  const missing = missingPackages(needs[part]);
  if (process.getuid?.() !== 0) {
    const install =
      missing.length > 0 ? `, and ${missing.join(' ')} (apt-get install ${missing.join(' ')})` : '';
    return `Network namespaces need root${install}.`;
  }
  if (missing.length === 0) return null;
  if (!isInstalled('/usr/bin/apt-get')) return `Missing: ${missing.join(', ')}. Install them and try again.`;
  screen.note(`Installing ${missing.join(', ')} with apt-get; the demo needs them.`);
  // Services of what is installed are not started: only the demo uses it.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  try {
    await execa('apt-get', ['update', '-qq'], { env });
    await execa('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error);
    return `${missing.join(', ')} could not be installed: ${said}`;
  }
  const still = missingPackages(needs[part]);
  return still.length === 0 ? null : `Missing even after apt-get install: ${still.join(', ')}.`;
}

const missingPackages = (needed: readonly Need[]): string[] =>
  needed.filter(([programOrGlob]) => !isInstalled(programOrGlob)).map(([, name]) => name);

const isInstalled = (programOrGlob: string): boolean =>
  programOrGlob.startsWith('/') ? globSync(programOrGlob).length > 0 : isProgram(programOrGlob);

const isProgram = (program: string): boolean =>
  ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((directory) => {
    try {
      accessSync(`${directory}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
