import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { PortcullisError } from '@portcullis/contracts';

/** Largest file inside, in bytes. */
const maxFile = 32 * 1024 * 1024;
const stored = 0;
const deflated = 8;

/**
 * Unpacks the plugin's zip, which the package brings along: files in one folder, nothing outside of it. (PKWARE's APPNOTE,
 * 4.3.12 and 4.3.16; no encryption, no zip64, no comment of the archive.)
 *
 * @throws PortcullisError unreadable_file
 */
export function unzip(path: string, folder: string, into: string): void {
  const bytes = readFileSync(path);
  const refuse = (why: string): never => {
    throw new PortcullisError('unreadable_file', `${path} is not the plugin’s zip: ${why}.`, {
      hint: 'Name another with --plugin FILE.',
    });
  };
  const end = bytes.length - 22;
  if (end < 0 || bytes.readUInt32LE(end) !== 0x06054b50) refuse('it has no directory at its end');
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) refuse('its directory is broken');
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (!name.startsWith(`${folder}/`) || /(^|\/)\.\.?(\/|$)|[\\\0]/.test(name)) refuse(`it holds ${name}`);
    if (name.endsWith('/')) continue;
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(from, from + size);
    if (method !== stored && method !== deflated) refuse(`${name} is packed in a way that is not known`);
    const target = join(into, name);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, method === stored ? packed : inflateRawSync(packed, { maxOutputLength: maxFile }), {
      mode: 0o644,
      flag: 'wx',
    });
  }
}
