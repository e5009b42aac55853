import { fstatSync, readSync } from 'node:fs';
import { type Finding, ok, warning } from './finding.ts';

/** More than rsyslog keeps of a line, in bytes. */
const endBytes = 64 * 1024;

/** Where a stamp of any of the three formats stands, and its microseconds. */
const stamp = /^.{0,24}?\d\d:\d\d:\d\d(\.\d{6})?/;

/** What makes rsyslog write microseconds where its distribution says otherwise, as Debian 11 and Ubuntu 22.04 do. */
const template = 'module(load="builtin:omfile" Template="RSYSLOG_FileFormat")';

/** Whether the last line, whoever wrote it, tells the microsecond: without, lines forged by one request look like those of many. */
export function checkStamps(path: string, fd: number): Finding[] {
  const found = stamp.exec(lastLine(fd));
  if (found === null) return [];
  if (found[1] !== undefined) return [ok('stamps', `The lines of ${path} have microseconds.`)];
  return [
    warning(
      'stamps',
      `The lines of ${path} have no microseconds: where a login plugin lets line feeds into a user name, one request can forge lines ` +
        'that count (docs/security.md, lines inside a name).',
      `echo '${template}' | sudo tee /etc/rsyslog.d/00-portcullis.conf && sudo systemctl restart rsyslog`,
    ),
  ];
}

/** The last line that is complete. */
function lastLine(fd: number): string {
  const { size } = fstatSync(fd);
  const buffer = Buffer.alloc(Math.min(size, endBytes));
  const length = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
  const text = buffer.toString('latin1', 0, length);
  const end = text.lastIndexOf('\n');
  return end < 0 ? '' : text.slice(text.lastIndexOf('\n', end - 1) + 1, end);
}
