import { closeSync, openSync, writeSync } from 'node:fs';

export interface LogShape {
  readonly lines: number;
  /** How many of 100 lines a WordPress ident wrote. */
  readonly wordpressPercent: number;
  /** Different addresses among the failures. */
  readonly addresses: number;
  /** Epoch milliseconds of the first line; the lines are spread evenly up to `until`. */
  readonly from: number;
  readonly until: number;
}

const blockLines = 20_000;

/** Writes an auth.log as Debian 12 does, RFC 3339 stamps, and says how many bytes it has. */
export function writeLog(path: string, shape: LogShape): number {
  const fd = openSync(path, 'w');
  let bytes = 0;
  for (let start = 0; start < shape.lines; start += blockLines) {
    let block = '';
    for (let i = start; i < Math.min(start + blockLines, shape.lines); i++) block += lineOf(i, shape);
    bytes += writeSync(fd, block);
  }
  closeSync(fd);
  return bytes;
}

function lineOf(i: number, { lines, wordpressPercent, addresses, from, until }: LogShape): string {
  const time = new Date(from + ((until - from) * i) / lines).toISOString().replace('Z', '123+00:00');
  const isWordPress = (i * 37) % 100 < wordpressPercent;
  if (!isWordPress)
    return `${time} web01 sshd[${1000 + (i % 9000)}]: Connection closed by 192.0.2.${i % 250} port 5${1000 + (i % 9000)} [preauth]\n`;
  const message =
    i % 2 === 0 ? 'Authentication failure for alice' : 'Authentication attempt for unknown user nosuch';
  return `${time} web01 wordpress(blog${i % 50}.example.com)[${10_000 + (i % 3000)}]: ${message} from ${addressOf(i % addresses)}\n`;
}

/** The nth address of 10.0.0.0/8, scattered: neighbours in number are not neighbours in the table. */
export function addressOf(n: number): string {
  const word = (Math.imul(n + 1, 0x9e3779b1) >>> 8) & 0xffffff;
  return `10.${word >>> 16}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Three lines that ban an address by the standard jail. */
export const attackBy = (address: string, now: number): string =>
  `${new Date(now).toISOString().replace('Z', '000+00:00')} web01 wordpress(blog.example.com)[4711]: Authentication failure for alice from ${address}\n`.repeat(
    3,
  );
