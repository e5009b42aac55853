import type { JournalFields } from './journal-export.ts';
import { maxLineLength } from './lines.ts';
import { type JournalPosition, journalLog, type LogEntry, type Sender } from './ports.ts';

/** The fields that `readJournalEntry` needs; cursor and time are in every entry. */
export const journalFields = [
  'MESSAGE',
  'SYSLOG_IDENTIFIER',
  'SYSLOG_PID',
  '_HOSTNAME',
  '_UID',
  '_PID',
] as const;

/** The tag is text that a program chose; syslog daemons keep 511 bytes of it. */
const maxTagLength = 1_024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * One journal entry as the line that rsyslog would have written of it: `STAMP HOST IDENT[PID]: MESSAGE`. The stamp is
 * journald's clock; the number in brackets is what the program said, `sender` what the kernel says. Names that begin with
 * an underscore are journald's own: what a program sends under such a name is dropped there.
 *
 * @returns null where the entry has no cursor or time
 */
export function readJournalEntry(
  fields: JournalFields,
): { entry: LogEntry; position: JournalPosition } | null {
  const text = (name: string) => {
    const value = fields.values.get(name);
    return value === undefined ? '' : decoder.decode(value);
  };
  const cursor = text('__CURSOR');
  const realtime = Number(text('__REALTIME_TIMESTAMP'));
  if (cursor === '' || !(realtime > 0 && realtime <= Number.MAX_SAFE_INTEGER)) return null;
  const message = fields.values.get('MESSAGE') ?? new Uint8Array();
  const head = lineHead(fields, realtime, text('_HOSTNAME'), text('SYSLOG_PID'));
  const room = Math.max(0, maxLineLength - head.length);
  const line = new Uint8Array(head.length + Math.min(message.length, room));
  line.set(head);
  line.set(message.subarray(0, room), head.length);
  const position = { log: journalLog, cursor, realtime } as const;
  const cut = fields.cut.size > 0 || message.length > room;
  return {
    entry: { line, cut, sender: readSender(text('_UID'), text('_PID')), position },
    position,
  };
}

/** Where journald found no ident, the message is all that was sent and begins with what the program called itself. */
function lineHead(fields: JournalFields, realtime: number, host: string, pid: string): Uint8Array {
  const start = `${stamp(realtime)} ${/^[!-9;-~]+$/.test(host) ? host : '-'} `;
  const tag = fields.values.get('SYSLOG_IDENTIFIER')?.subarray(0, maxTagLength);
  if (tag === undefined || tag.length === 0) return encoder.encode(start);
  const end = /^[0-9]{1,10}$/.test(pid) ? `[${pid}]: ` : ': ';
  const head = new Uint8Array(start.length + tag.length + end.length);
  head.set(encoder.encode(start));
  head.set(tag, start.length);
  head.set(encoder.encode(end), start.length + tag.length);
  return head;
}

const stamp = (realtime: number): string =>
  new Date(Math.floor(realtime / 1000))
    .toISOString()
    .replace('Z', `${String(realtime % 1000).padStart(3, '0')}Z`);

function readSender(uid: string, pid: string): Sender | null {
  const isNumber = (text: string) => /^[0-9]{1,10}$/.test(text);
  return isNumber(uid) && isNumber(pid) ? { uid: Number(uid), pid: Number(pid) } : null;
}

/** The number of an entry among those of one `id`; null where the cursor does not tell. */
export function journalSequence({
  cursor,
}: Pick<JournalPosition, 'cursor'>): { id: string; number: number } | null {
  const found = /^s=([0-9a-f]{32});i=([0-9a-f]{1,13});/.exec(cursor);
  return found === null ? null : { id: found[1]!, number: Number.parseInt(found[2]!, 16) };
}

/** Whether an entry stands behind another one: by their numbers, or by their times where the numbers began anew. */
export function isBehind(entry: JournalPosition, other: JournalPosition): boolean {
  const one = journalSequence(entry);
  const two = journalSequence(other);
  if (one !== null && two !== null && one.id === two.id) return one.number > two.number;
  return entry.realtime > other.realtime;
}
