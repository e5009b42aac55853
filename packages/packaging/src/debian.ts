import { globSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Exec } from '@portcullis/daemon/offline';

export interface DebianContents {
  readonly version: string;
  /** The time of the release in seconds: of every file, and of the changelog's entry. */
  readonly epoch: number;
  /** The single executable. */
  readonly executable: string;
  /** The zip of the WordPress plugin. */
  readonly plugin: string;
  /** Tables of countries and systems. */
  readonly data: readonly string[];
  readonly manual: string;
  /** What each shell completes with. */
  readonly completions: Readonly<Record<'bash' | 'zsh' | 'fish', string>>;
  /** Licences of what is inside. */
  readonly thirdParty: string;
}

const debian = path.join(import.meta.dirname, '../debian');
const workspace = path.join(import.meta.dirname, '../../..');
const maintainer = 'The Portcullis authors <portcullis@example.org>';

/**
 * What Node's binary asks of the system (objdump: GLIBC 2.28, GLIBCXX 3.4.21, CXXABI 1.3.11; Ubuntu 22.04 has 2.35, 3.4.30
 * and 1.3.13), and the programs that the daemon runs.
 */
const depends =
  'libc6 (>= 2.28), libstdc++6 (>= 8), libgcc-s1, libatomic1, init-system-helpers (>= 1.54), systemd, iptables, ipset';

/**
 * Makes `portcullis_<version>_amd64.deb`. The same contents make the same bytes.
 *
 * @param folder where it is made; `<folder>/deb` is written anew
 * @returns its path
 */
export async function makeDebianPackage(
  contents: DebianContents,
  folder: string,
  exec: Exec,
): Promise<string> {
  const tree = path.join(folder, 'deb');
  rmSync(tree, { recursive: true, force: true });
  const put = (target: string, content: string | Uint8Array, mode = 0o644) => {
    const file = path.join(tree, target);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, content);
    return exec(['chmod', mode.toString(8), file]);
  };
  const doc = 'usr/share/doc/portcullis';
  const { version, epoch, completions } = contents;
  await put('usr/bin/portcullis', readFileSync(contents.executable), 0o755);
  await put(
    'etc/portcullis/portcullis.toml',
    readFileSync(path.join(workspace, 'packages/daemon/portcullis.toml')),
  );
  await put(
    'usr/lib/systemd/system/portcullis.service',
    readFileSync(path.join(debian, 'portcullis.service')),
  );
  await put('usr/lib/sysusers.d/portcullis.conf', readFileSync(path.join(debian, 'portcullis.sysusers')));
  await put('usr/lib/tmpfiles.d/portcullis.conf', readFileSync(path.join(debian, 'portcullis.tmpfiles')));
  await put('usr/share/portcullis/portcullis.zip', readFileSync(contents.plugin));
  for (const table of contents.data)
    await put(`usr/share/portcullis/${path.basename(table)}`, readFileSync(table));
  await put('usr/share/man/man1/portcullis.1.gz', zipped(contents.manual));
  await put('usr/share/bash-completion/completions/portcullis', completions.bash);
  await put('usr/share/zsh/vendor-completions/_portcullis', completions.zsh);
  await put('usr/share/fish/vendor_completions.d/portcullis.fish', completions.fish);
  await put(`${doc}/copyright`, readFileSync(path.join(debian, 'copyright')));
  await put(`${doc}/THIRD-PARTY.gz`, zipped(contents.thirdParty));
  await put(`${doc}/changelog.gz`, zipped(changelog(version, epoch)));
  await put(`${doc}/CHANGELOG.md.gz`, zipped(readFileSync(path.join(workspace, 'CHANGELOG.md'), 'utf8')));
  for (const page of globSync('docs/*.md', { cwd: workspace }).sort()) {
    await put(`${doc}/${path.basename(page)}`, readFileSync(path.join(workspace, page)));
  }
  await put('usr/share/lintian/overrides/portcullis', readFileSync(path.join(debian, 'lintian-overrides')));

  await put('DEBIAN/md5sums', await checksums(tree, exec));
  await put('DEBIAN/conffiles', '/etc/portcullis/portcullis.toml\n');
  await put('DEBIAN/control', control(version, installedSize(tree)));
  for (const script of ['postinst', 'prerm', 'postrm']) {
    await put(`DEBIAN/${script}`, readFileSync(path.join(debian, script)), 0o755);
  }
  await exec(['find', tree, '-type', 'd', '-exec', 'chmod', '755', '{}', '+']);
  const file = path.join(folder, `portcullis_${version}_amd64.deb`);
  await exec(
    [
      'env',
      `SOURCE_DATE_EPOCH=${epoch}`,
      'dpkg-deb',
      '--root-owner-group',
      '-Zxz',
      '-z1',
      '--build',
      tree,
      file,
    ],
    { timeoutMs: 300_000 },
  );
  rmSync(tree, { recursive: true });
  return file;
}

const zipped = (text: string): Uint8Array => {
  const bytes = gzipSync(text, { level: 9 });
  // No time and no system in the header (RFC 1952): the same text makes the same bytes.
  bytes.fill(0, 4, 8);
  bytes[9] = 255;
  return bytes;
};

const filesOf = (tree: string): string[] =>
  globSync('**/*', { cwd: tree })
    .filter((file) => !file.startsWith('DEBIAN') && lstatSync(path.join(tree, file)).isFile())
    .sort();

async function checksums(tree: string, exec: Exec): Promise<string> {
  const { stdout } = await exec(['env', '-C', tree, 'md5sum', ...filesOf(tree)], { timeoutMs: 60_000 });
  return stdout;
}

/** In KiB, each file rounded up, as dpkg wants it. */
const installedSize = (tree: string): number =>
  filesOf(tree).reduce((sum, file) => sum + Math.ceil(lstatSync(path.join(tree, file)).size / 1024), 0);

const control = (version: string, size: number): string => `Package: portcullis
Version: ${version}
Section: net
Priority: optional
Architecture: amd64
Maintainer: ${maintainer}
Installed-Size: ${size}
Depends: ${depends}
Recommends: iproute2, nftables
Suggests: rsyslog
Description: bans whoever attacks the WordPress sites of this host
 A daemon that reads what WP fail2ban logs, decides by jail, and enforces bans
 with ipset, iptables or nftables. Each site can see and lift its own bans in
 WordPress; the administrator has a command line.
`;

const changelog = (version: string, epoch: number): string => `portcullis (${version}) stable; urgency=medium

  * What changes for users is in CHANGELOG.md.gz.

 -- ${maintainer}  ${new Date(epoch * 1000).toUTCString().replace('GMT', '+0000')}
`;
