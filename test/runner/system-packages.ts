import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, globSync } from 'node:fs';
import { join } from 'node:path';

/** Programs and extensions that suites call, the Debian package of each, and what is left out without it. */
const programs = [
  { program: 'iptables', package: 'iptables', for: 'the firewall and end-to-end suites' },
  { program: 'ip6tables', package: 'iptables', for: 'the firewall and end-to-end suites' },
  { program: 'ipset', package: 'ipset', for: 'the ipset and end-to-end suites' },
  { program: 'nft', package: 'nftables', for: 'the nftables and end-to-end suites' },
  { program: 'ip', package: 'iproute2', for: 'every suite in a network namespace' },
  { program: 'curl', package: 'curl', for: 'the suite of site sockets' },
  { program: 'setpriv', package: 'util-linux', for: 'the suite of site sockets' },
  { program: 'rsyslogd', package: 'rsyslog', for: 'the end-to-end suites' },
  { program: 'journalctl', package: 'systemd', for: 'the suites of the journal' },
  { program: 'perl', package: 'perl-base', for: 'the suites of the journal' },
  { program: 'chromium', package: 'chromium', for: 'the end-to-end suite of the panel' },
  { program: 'php', package: 'php-cli', for: 'the suites with WordPress' },
  {
    program: 'PHP’s curl',
    package: 'php-curl',
    for: 'the suites with WordPress',
    files: '/usr/lib/php/*/curl.so',
  },
  {
    program: 'PHP’s mbstring',
    package: 'php-mbstring',
    for: 'the suites with WordPress',
    files: '/usr/lib/php/*/mbstring.so',
  },
  {
    program: 'PHP’s mysqli',
    package: 'php-mysql',
    for: 'the suites with MariaDB',
    files: '/usr/lib/php/*/mysqli.so',
  },
  {
    program: 'PHP’s SQLite',
    package: 'php-sqlite3',
    for: 'the suites with WordPress',
    files: '/usr/lib/php/*/pdo_sqlite.so',
  },
  {
    program: 'PHP’s XML',
    package: 'php-xml',
    for: 'the suites with WordPress',
    files: '/usr/lib/php/*/dom.so',
  },
  { program: 'phpunit', package: 'phpunit', for: 'the tests of the plugin in PHP' },
  { program: 'phpcs', package: 'php-codesniffer', for: 'the static checks of the plugin' },
  { program: 'bwrap', package: 'bubblewrap', for: 'the end-to-end suites with WordPress' },
  { program: 'mariadbd', package: 'mariadb-server', for: 'the suites with MariaDB' },
  { program: 'systemd-nspawn', package: 'systemd-container', for: 'the suites of the Debian package' },
  { program: 'mmdebstrap', package: 'mmdebstrap', for: 'the suites of the Debian package' },
  { program: 'dpkg-deb', package: 'dpkg', for: 'the suites of the Debian package' },
  { program: 'strip', package: 'binutils', for: 'the suites of the executable and the Debian package' },
  { program: 'lintian', package: 'lintian', for: 'the suite of the Debian package' },
  { program: 'unzip', package: 'unzip', for: 'the suites with WordPress' },
] as const satisfies readonly SystemPackage[];

interface SystemPackage {
  /** A program, or what to call it where it is none. */
  readonly program: string;
  readonly package: string;
  readonly for: string;
  /** A glob that finds something where the package is installed; left out: the program is looked for. */
  readonly files?: string;
}

const path = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/**
 * Installs the packages that are missing where that can be done: as root on Debian and Ubuntu.
 * @returns a sentence for each program that is still missing
 */
export function provideSystemPackages(): string[] {
  const missing = programs.filter((one) => !isInstalled(one));
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map((one) => one.package))];
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    process.stdout.write(`Installing system packages: ${packages.join(' ')}\n`);
    const failure = install(packages);
    if (failure !== null) process.stdout.write(`    ${failure.trim().replaceAll('\n', '\n    ')}\n`);
  }
  return programs
    .filter((one) => !isInstalled(one))
    .map((one) => `${one.program} (Debian package ${one.package}): without it ${one.for} cannot run`);
}

const isInstalled = ({ program, files }: SystemPackage): boolean =>
  files === undefined ? isProgram(program) : globSync(files).length > 0;

const isProgram = (program: string): boolean =>
  path.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** @returns what apt said when it failed */
function install(packages: readonly string[]): string | null {
  // Services of what is installed are not started: only the suites use it.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    const { status, stdout, stderr, error } = spawnSync('apt-get', ['--quiet', ...args], {
      env,
      encoding: 'utf8',
    });
    if (status !== 0) return error?.message ?? stdout + stderr;
  }
  return null;
}
