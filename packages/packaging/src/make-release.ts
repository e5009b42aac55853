import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createProgram } from '@portcullis/cli';
import type { Exec } from '@portcullis/daemon/offline';
import { shippedTable } from '@portcullis/origin-data';
import { bundle } from './bundle.ts';
import { makeDebianPackage } from './debian.ts';
import { makeExecutable } from './executable.ts';
import { readLicences, readNodeLicence, thirdPartyDocument } from './licences.ts';
import { manual } from './manual.ts';

export interface ReleaseOptions {
  /** Where all of it goes. */
  readonly folder: string;
  /** The time of the release, in seconds since 1970. */
  readonly epoch: number;
  readonly exec: Exec;
  /** Left out: what package.json says. */
  readonly version?: string;
  /** The zip of the plugin; `<folder>/portcullis.zip`, as `pnpm build` makes it. */
  readonly plugin?: string;
}

const shells = ['bash', 'zsh', 'fish'] as const;

/**
 * Makes the executable, the Debian package, the licences of what is inside and SHA256SUMS.
 *
 * @returns their paths
 * @throws where a part is missing
 */
export async function makeRelease(options: ReleaseOptions): Promise<string[]> {
  const { folder, epoch, exec } = options;
  const { plugin = path.join(folder, 'portcullis.zip') } = options;
  mkdirSync(folder, { recursive: true });
  const program = createProgram();
  const version = options.version ?? program.version()!;
  const bundled = await bundle();
  const executable = path.join(folder, 'portcullis');
  await makeExecutable(bundled, executable, exec);
  const thirdParty = path.join(folder, 'THIRD-PARTY');
  const licences = thirdPartyDocument(readLicences(bundled.packages), readNodeLicence());
  writeFileSync(thirdParty, licences);
  const scripts = shells.map(async (shell) => {
    const { stdout } = await exec([executable, 'completion', shell]);
    return [shell, stdout] as const;
  });
  const deb = await makeDebianPackage(
    {
      version,
      epoch,
      executable,
      plugin,
      data: (['asn', 'country'] as const).map((name) => shippedTable(name) ?? missing(name)),
      manual: manual(program, { version, date: new Date(epoch * 1000).toISOString() }),
      completions: Object.fromEntries(await Promise.all(scripts)) as Record<(typeof shells)[number], string>,
      thirdParty: licences,
    },
    folder,
    exec,
  );
  const files = [executable, deb, thirdParty, ...(path.dirname(plugin) === folder ? [plugin] : [])];
  const sums = path.join(folder, 'SHA256SUMS');
  const names = files.map((file) => path.basename(file)).sort();
  writeFileSync(sums, (await exec(['env', '-C', folder, 'sha256sum', ...names])).stdout);
  return [...files, sums];
}

function missing(table: string): never {
  throw new Error(`The table ${table}.bin is missing: \`npx -y pnpm@12 install\` makes it.`);
}
