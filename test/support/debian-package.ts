import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createExec } from '../../packages/daemon/src/exec.ts';
import { bundle } from '../../packages/packaging/src/bundle.ts';
import { makeRelease } from '../../packages/packaging/src/make-release.ts';
import { buildPanel, zipPlugin } from '../../wp-plugin/build.ts';

const root = path.join(import.meta.dirname, '../..');
const cache = path.join(root, 'test/.cache/packages');

/**
 * The folder of a release made of the sources as they are, with the executable `portcullis` and
 * `portcullis_<version>_amd64.deb`. Made once for all tests, in half a minute; releases of other sources are removed.
 */
export async function releaseOfSources(): Promise<string> {
  const folder = path.join(cache, await hashOfSources());
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(path.join(cache, '.draft-'));
  try {
    await makeRelease({
      folder: path.join(draft, 'release'),
      epoch: 1_700_000_000,
      exec: createExec(),
      plugin: plugin(),
    });
    for (const old of globSync('*', { cwd: cache })) rmSync(path.join(cache, old), { recursive: true });
    renameSync(path.join(draft, 'release'), folder);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** The Debian package of the sources as they are. */
export async function debianPackage(): Promise<string> {
  const folder = await releaseOfSources();
  return path.join(folder, globSync('*.deb', { cwd: folder })[0]!);
}

/** Another package of the same contents with a version of its own: what an upgrade installs. @returns its path */
export async function withVersion(deb: string, version: string, folder: string): Promise<string> {
  const exec = createExec();
  const tree = mkdtempSync(path.join(folder, 'deb-'));
  const made = path.join(folder, `portcullis_${version}_amd64.deb`);
  await exec(['dpkg-deb', '--raw-extract', deb, tree], { timeoutMs: 60_000 });
  await exec(['sed', '-i', `s/^Version: .*/Version: ${version}/`, path.join(tree, 'DEBIAN/control')]);
  await exec(['dpkg-deb', '-Znone', '--root-owner-group', '--build', tree, made], { timeoutMs: 60_000 });
  rmSync(tree, { recursive: true });
  return made;
}

function plugin(): string {
  const made = path.join(root, 'dist/portcullis.zip');
  if (existsSync(made)) return made;
  buildPanel();
  return zipPlugin();
}

async function hashOfSources(): Promise<string> {
  const { code, assets } = await bundle();
  const hash = createHash('sha256').update(code);
  const files = globSync(
    ['packages/packaging/{debian,src}/*', 'docs/*.md', 'packages/daemon/portcullis.toml'],
    {
      cwd: root,
    },
  );
  for (const file of [...assets.values(), ...files.sort()])
    hash.update(readFileSync(path.resolve(root, file)));
  return hash.digest('hex').slice(0, 12);
}
