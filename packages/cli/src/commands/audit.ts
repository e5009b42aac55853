import { type AuditEntry, type AuditVerification, auditCopyPattern } from '@portcullis/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import { readCount } from '../arguments.ts';
import { collect } from '../lists.ts';
import { ago, at, number, plural } from '../phrases.ts';
import { type ExitCode, type Session, withSession } from '../session.ts';
import { renderTable } from '../table.ts';
import { visible } from '../terminal.ts';

export function addAudit(program: Command): void {
  const audit = program.command('audit').description('who did what, and whether that record is whole');
  audit
    .command('list', { isDefault: true })
    .description('print the audit log, the latest first')
    .option('--ip <ip>', 'only what was done to exactly this address or network')
    .option('--limit <n>', 'at most so many; 50 when left out', readCount, 50)
    .addHelpText('after', '\nExamples:\n  portcullis audit\n  portcullis audit list --ip 198.51.100.7 --json')
    .action(withSession(list));
  audit
    .command('verify')
    .description('prove that no entry was changed or taken out')
    .option('--copy <id:hash>', 'an end of the log that you kept elsewhere: is it still in the log', readCopy)
    .addHelpText(
      'after',
      `
Each entry holds the SHA-256 of the one before it. Whoever may write the database can make the whole log anew; only a copy
of its end that is kept elsewhere tells. This command prints the end, and the daemon writes it to its own log (audit_head)
at its start, its stop, and every hour in which something was added. Exits with 1 where the log is not whole.

Examples:
  portcullis audit verify
  portcullis audit verify --copy 1204:$(cat /mnt/elsewhere/audit-head)`,
    )
    .action(withSession(verify));
}

function readCopy(text: string): string {
  if (!auditCopyPattern.test(text)) {
    throw new InvalidArgumentError('It is <id>:<hash>, as `portcullis audit verify` prints it.');
  }
  return text;
}

async function list(session: Session, { limit, ip }: { limit: number; ip?: string }): Promise<void> {
  const { out, now } = session;
  const whole = await collect(session.client, 'listAudit', ip === undefined ? {} : { ip }, limit);
  if (session.json) return session.printJson(whole);
  if (whole.items.length === 0) return out.line('Nothing is recorded.');
  const columns = [
    { title: 'ID', align: 'right' as const },
    ...['WHEN', 'WHO', 'DID', 'TO', 'JAIL'].map((title) => ({ title })),
    { title: 'DETAIL', elastic: true as const },
  ];
  const rows = whole.items.map((entry: AuditEntry) => [
    String(entry.id),
    ago(entry.at, now),
    visible(entry.actor),
    entry.action,
    visible(entry.ip ?? '–'),
    visible(entry.jail ?? '–'),
    visible(entry.detail),
  ]);
  for (const line of renderTable(out, columns, rows)) out.line(line);
  if (whole.total > whole.items.length && out.columns !== null) {
    out.line(out.styled('dim', `${number(whole.total - whole.items.length)} more: --limit`));
  }
}

async function verify(session: Session, query: { copy?: string }): Promise<ExitCode> {
  const found = await session.client.call('verifyAudit', { query });
  if (session.json) session.printJson(found);
  else for (const line of describe(session, found)) session.out.line(line);
  return found.whole ? 0 : 1;
}

function describe({ out }: Session, found: AuditVerification): string[] {
  const { entries, first_id: first, pruned_through: pruned, head, broken, copy } = found;
  const verdict =
    broken !== null
      ? out.styled('red', `The audit log is not whole. ${visible(broken.sentence)}`)
      : copy === 'different'
        ? out.styled(
            'red',
            'The audit log is not the one that the copy is of: it was made anew, or its end is gone.',
          )
        : out.styled(
            'green',
            `The audit log is whole: ${plural(entries, 'entry', 'entries')}${first === null ? '' : ` from ${first} on`}.`,
          );
  return [
    verdict,
    ...(pruned === null
      ? []
      : [
          `Entries up to ${pruned} were deleted by retention; the hash of the last of them is kept and was checked.`,
        ]),
    ...(copy === 'same' ? ['The entry of the copy is in it, unchanged.'] : []),
    ...(copy === 'pruned'
      ? ['The entry of the copy was deleted by retention: it says nothing any more.']
      : []),
    ...(head === null ? [] : [`Its end, of ${at(head.at)}: ${head.id}:${visible(head.hash)}`]),
  ];
}
