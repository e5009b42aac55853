import { readFileSync } from 'node:fs';
import { PortcullisError } from '@portcullis/contracts';

/** The text of a file; empty where it is not there or not to be read. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** What the daemon answers; null where it does not, which another check tells. */
export async function fromDaemon<T>(question: () => Promise<T>): Promise<T | null> {
  try {
    return await question();
  } catch (cause) {
    if (cause instanceof PortcullisError) return null;
    throw cause;
  }
}
