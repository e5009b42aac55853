import { accessSync, constants, existsSync } from 'node:fs';
import { execa } from 'execa';
import type { Screen } from './screen.ts';

/** Each program that the demo needs, and the Debian package that has it. */
const needed: Readonly<Record<string, string>> = { iptables: 'iptables', ipset: 'ipset', ip: 'iproute2' };

/**
 * Installs what is missing, as root on Debian and Ubuntu, saying so first.
 *
 * @returns why the kernel's firewall is left out of the demo; null where it can be shown
 */
export async function provideSystemPackages(screen: Screen): Promise<string | null> {
  const missing = missingPackages();
  if (process.getuid?.() !== 0) {
    const install =
      missing.length > 0 ? `, and ${missing.join(' ')} (apt-get install ${missing.join(' ')})` : '';
    return `Network namespaces need root${install}.`;
  }
  if (missing.length === 0) return null;
  if (!existsSync('/usr/bin/apt-get')) return `Missing: ${missing.join(', ')}. Install them and try again.`;
  screen.note(`Installing ${missing.join(', ')} with apt-get; the demo needs them.`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await execa('apt-get', ['update', '-qq'], { env });
    await execa('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error);
    return `${missing.join(', ')} could not be installed: ${said}`;
  }
  const still = missingPackages();
  return still.length === 0 ? null : `Missing even after apt-get install: ${still.join(', ')}.`;
}

const missingPackages = (): string[] =>
  Object.entries(needed)
    .filter(([program]) => !isInstalled(program))
    .map(([, name]) => name);

const isInstalled = (program: string): boolean =>
  ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((directory) => {
    try {
      accessSync(`${directory}/${program}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
