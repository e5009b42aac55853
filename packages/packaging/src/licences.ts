import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One package from other authors that is part of the executable. */
export interface Licensed {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  /** The text that must go with it; empty where its authors ship none. */
  readonly text: string;
}

/** Licences that may be part of a GPL-2.0-or-later program; Apache-2.0 through "or later" (GPL-3.0). */
const compatible = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'CC0-1.0',
  'Unlicense',
  'BlueOak-1.0.0',
  '(MIT OR Apache-2.0)',
]);

/**
 * The licence of each package, as its folder says.
 *
 * @param folders folders with a package.json
 * @throws where one may not be part of this program, so that a new dependency cannot slip in unread
 */
export function readLicences(folders: readonly string[]): Licensed[] {
  return folders.map(readLicence).sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
}

function readLicence(folder: string): Licensed {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const { name, version, license: licence = '' } = manifest;
  if (!compatible.has(licence)) {
    throw new Error(
      `${name} ${version} has the licence "${licence}", which is not known to go with the GPL.`,
    );
  }
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)(\.|-|$)/i.test(one));
  return {
    name,
    version,
    licence,
    text: file === undefined ? '' : readFileSync(path.join(folder, file), 'utf8').trim(),
  };
}

/**
 * Node's own licence, with those of all that is compiled into it: a file of this package, because pnpm restores the
 * `node` package from its store without the folder that has it.
 *
 * @throws where the file of this version of Node is missing
 */
export function readNodeLicence(): string {
  const version = process.versions.node;
  const file = path.join(import.meta.dirname, `../node-v${version}-LICENSE.txt`);
  if (!existsSync(file)) {
    throw new Error(
      `${file} is missing: take it from https://github.com/nodejs/node/blob/v${version}/LICENSE.`,
    );
  }
  return readFileSync(file, 'utf8').trim();
}

/** The document that is shipped beside the program. */
export function thirdPartyDocument(packages: readonly Licensed[], nodeLicence: string): string {
  const line = '='.repeat(80);
  const parts = packages.map(({ name, version, licence, text }) =>
    [line, `${name} ${version}`, `Licence: ${licence}`, '', text].join('\n').trimEnd(),
  );
  return [
    'Portcullis contains the following programs of other authors.',
    '',
    ...parts,
    line,
    `Node.js ${process.versions.node}`,
    '',
    nodeLicence,
    '',
  ].join('\n');
}
