import fs from 'node:fs';
import path from 'node:path';
import { Secret, type SecretSource } from '@portcullis/core';

/** Bytes of a file that holds a secret; Slack's URLs have about 80. */
const maxBytes = 4_096;

/** @returns the secret without white space around it, or a sentence about why there is none */
export function readSecret(source: SecretSource, credentials: string | undefined): Secret | string {
  if (source.from === 'config') return source.secret;
  if (source.from === 'credential' && credentials === undefined)
    return `The credential ${source.name} cannot be read: systemd gave none; LoadCredential= of the unit does.`;
  const file = source.from === 'file' ? source.path : path.join(credentials!, source.name);
  try {
    if (fs.statSync(file).size > maxBytes)
      return `${file} is larger than ${maxBytes} bytes; it must hold the secret alone.`;
    const text = fs.readFileSync(file, 'utf8').trim();
    return text === '' ? `${file} is empty.` : new Secret(text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return `${file} does not exist.`;
    return code === 'EACCES' ? `${file} may not be read by this user.` : `${file} cannot be read: ${code}.`;
  }
}
