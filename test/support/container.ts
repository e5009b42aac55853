import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Argv, createExec, type Exec } from '../../packages/daemon/src/exec.ts';
import { createNamespace, type NetworkNamespace, prefixed } from './network-namespace.ts';
import { waitFor } from './wait-for.ts';

/** A Debian with its own systemd, network and files, started from a shared image. Disposing of it leaves nothing. */
export interface Container extends AsyncDisposable {
  /** Its network: other namespaces can be connected to it. */
  readonly network: NetworkNamespace;
  /** Runs programs inside, as root. */
  readonly exec: Exec;
  /** Standard output of a program that is run inside, which may take two minutes. */
  run(...argv: Argv): Promise<string>;
  /** A path of the container, as the host reaches it. */
  file(path: string): string;
  /** Waits until it is up again. */
  reboot(): Promise<void>;
}

const suites = ['bookworm', 'trixie'] as const;
export type Suite = (typeof suites)[number];

/** What every image has: systemd, rsyslog, and what portcullis needs, so that no container needs a network. */
const basePackages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'rsyslog',
  'iproute2',
  'iptables',
  'ipset',
  'nftables',
  'libatomic1',
  'libstdc++6',
  'procps',
];
/** The only image of each suite, so that each is made once: the younger Debian is also a web server. */
const packages: Readonly<Record<Suite, readonly string[]>> = {
  bookworm: basePackages,
  trixie: [...basePackages, 'nginx-light', 'php-fpm', 'php-sqlite3', 'php-curl', 'php-mbstring'],
};
const cache = path.join(import.meta.dirname, '../.cache/containers');
const memoryDisk = '/dev/shm';
const mirror = 'http://deb.debian.org/debian';
const bootScript = path.join(import.meta.dirname, 'container-boot.sh');
const bootTimeout = 90_000;
const programTimeout = 120_000;

/** For a test's `skip`: why tests in containers are left out here; false where they run. */
export const containersLeftOut: string | false = leftOut();

function leftOut(): string | false {
  if (process.getuid?.() !== 0) return 'left out: containers need root';
  if (process.arch !== 'x64') return 'left out: the package is made for amd64';
  for (const program of ['systemd-nspawn', 'mmdebstrap', 'dpkg-deb', 'strip']) {
    if (globSync(`/{usr/,}{bin,sbin}/${program}`).length === 0) return `left out: there is no ${program}`;
  }
  // Docker without --privileged, or a kernel without the unified hierarchy: what a container does first is tried.
  const trial = spawnSync('unshare', ['--mount', 'sh', bootScript, '--try'], { encoding: 'utf8' });
  if (trial.status !== 0)
    return `left out: no containers here: ${trial.error?.message ?? trial.stderr.split('\n')[0]}`;
  // Only asked where an image has still to be made of it.
  for (const suite of suites.filter((one) => !existsSync(imageOf(one)))) {
    const release = `${mirror}/dists/${suite}/Release`;
    const { status } = spawnSync('curl', ['--silent', '--fail', '--head', '--max-time', '10', release]);
    if (status !== 0) return `left out: ${release} cannot be fetched, and an image has to be made of it`;
  }
  return false;
}

let created = 0;

/** Boots a container and waits until its services are up. */
export async function createContainer(suite: Suite): Promise<Container> {
  const base = await baseImage(suite);
  const network = await createNamespace();
  const scratch = mkdtempSync(path.join(tmpdir(), 'container-'));
  const name = `pc-${process.pid}-${++created}`;
  let output = '';
  let child: ChildProcess;
  let ended: Promise<void>;

  function start(): void {
    output = '';
    child = spawn('unshare', ['--mount', 'sh', bootScript, name, base, scratch, network.name], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
    ended = new Promise((resolve) => child.once('close', () => resolve()));
  }

  let leader = 0;
  const outside = createExec();
  const inside = (): Exec =>
    prefixed(outside, [
      'nsenter',
      `--target=${leader}`,
      ...[
        '--all',
        '--root',
        '--wd',
        'env',
        '-i',
        'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
        'HOME=/root',
        'LC_ALL=C',
      ],
      'DEBIAN_FRONTEND=noninteractive',
    ]);
  const exec: Exec = Object.assign((...given: Parameters<Exec>) => inside()(...given), {
    lines: (...given: Parameters<Exec['lines']>) => inside().lines(...given),
    follow: (...given: Parameters<Exec['follow']>) => inside().follow(...given),
    converse: (...given: Parameters<Exec['converse']>) => inside().converse(...given),
    atOnce: (...given: Parameters<Exec['atOnce']>) => inside().atOnce(...given),
  });

  async function booted(): Promise<void> {
    await waitFor(
      `${suite} is up`,
      async () => {
        if (child.exitCode !== null) throw new Error(`It ended: ${output}`);
        const found = firstProcess(child.pid!);
        if (found === null) return false;
        leader = found;
        await exec(['systemctl', 'is-active', '--quiet', 'multi-user.target']);
        return true;
      },
      { timeout: bootTimeout, every: 100 },
    );
  }

  async function dispose(): Promise<void> {
    killControlGroup(name);
    child.kill('SIGKILL');
    await ended;
    await waitFor('the container is gone', () => removeControlGroups(name));
    await network[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  }

  try {
    start();
    await booted();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    network,
    exec,
    run: async (...argv) => (await exec(argv, { timeoutMs: programTimeout })).stdout,
    file: (inner) => `/proc/${leader}/root${inner}`,
    async reboot() {
      await exec(['systemctl', 'reboot']).catch(() => undefined);
      // Without a systemd around it, systemd-nspawn ends with 133 where the container wants to start again.
      await ended;
      if (child.exitCode !== 133) throw new Error(`No reboot: ${child.exitCode}, ${output}`);
      start();
      await booted();
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** The process among the descendants of `pid` that is the first of its own namespace. */
function firstProcess(pid: number): number | null {
  for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')) {
    if (child === '') continue;
    const names =
      /^NSpid:\t(.*)$/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]?.split('\t') ?? [];
    if (names.length > 1 && names.at(-1) === '1') return Number(child);
    const deeper = firstProcess(Number(child));
    if (deeper !== null) return deeper;
  }
  return null;
}

/** The group in which a container runs; a host may have the unified hierarchy beside others. */
const controlGroup = (name: string): string | undefined =>
  ['/sys/fs/cgroup/unified', '/sys/fs/cgroup']
    .map((top) => path.join(top, name))
    .find((group) => existsSync(group));

function killControlGroup(name: string): void {
  const group = controlGroup(name);
  if (group !== undefined) writeFileSync(path.join(group, 'cgroup.kill'), '1');
}

/** @throws while a process is left in it */
function removeControlGroups(name: string): boolean {
  const top = controlGroup(name);
  if (top === undefined) return true;
  const inner = globSync('**/', { cwd: top }).map((folder) => path.join(top, folder));
  for (const folder of inner.sort((a, b) => b.length - a.length)) rmdirSync(folder);
  if (existsSync(top)) rmdirSync(top);
  return true;
}

/** Where the image of a suite is, or will be: another list of packages makes another one. */
function imageOf(suite: Suite): string {
  const hash = createHash('sha256').update(packages[suite].toSorted().join(' ')).digest('hex').slice(0, 8);
  return path.join(cache, `${suite}-${hash}`);
}

/**
 * The tree that containers of a suite begin with: made by mmdebstrap once, which takes a minute (debootstrap takes two), and kept. It is made in
 * memory where there is some, because dpkg waits for the disk after each file.
 */
async function baseImage(suite: Suite): Promise<string> {
  const folder = imageOf(suite);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(path.join(cache, '.draft-'));
  const workshop = mkdtempSync(path.join(hasRoom(memoryDisk) ? memoryDisk : cache, '.container-'));
  try {
    const made = path.join(workshop, 'tree');
    await createExec()(
      [
        'mmdebstrap',
        '--mode=root',
        '--variant=minbase',
        `--include=${packages[suite].join(',')}`,
        suite,
        made,
        mirror,
      ],
      { timeoutMs: 8 * 60_000 },
    );
    const tree = path.join(draft, 'tree');
    await createExec()(['cp', '-a', made, tree], { timeoutMs: programTimeout });
    rmSync(path.join(tree, 'etc/hostname'), { force: true });
    renameSync(tree, folder);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!existsSync(folder)) throw error;
  } finally {
    for (const made of [draft, workshop]) rmSync(made, { recursive: true, force: true });
  }
  return folder;
}

/** Whether two images, and what dpkg needs besides, fit there. */
function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 2 ** 31;
}
