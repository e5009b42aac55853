import { readFileSync } from 'node:fs';

const folder = new URL('../fixtures/', import.meta.url);

/** A log of `test/fixtures` with its clients' addresses, which are loopback's, moved to where they may be banned. */
export function readLog(name: string): Uint8Array {
  const bytes = readFileSync(new URL(name, folder));
  const captured = /^(auth|repeat|tz)\./.test(name);
  return captured ? Buffer.from(bytes.toString('latin1').replaceAll('127.0.', '198.18.'), 'latin1') : bytes;
}

/** The lines of a log, without their newlines. */
export function readLogLines(name: string): Uint8Array[] {
  const bytes = readLog(name);
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** What each line of a log must come to: element N is what `match --all --json` says of line N + 1. */
export function readExpected(name: string): Record<string, unknown>[] {
  return readFileSync(new URL(name.replace(/\.log$/, '.expected.jsonl'), folder), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
