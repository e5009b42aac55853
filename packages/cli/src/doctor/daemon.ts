import { lstatSync } from 'node:fs';
import type { Client } from '@portcullis/client';
import { isNotice, PortcullisError } from '@portcullis/contracts';
import { number } from '../phrases.ts';
import { error, type Finding, ok, warning } from './finding.ts';

/** The running daemon: does it answer, what does it say of itself, and who may talk to it. */
export async function checkDaemon(client: Client, socketPath: string): Promise<Finding[]> {
  try {
    const { bans, problems } = await client.call('status');
    const told = problems.map((problem) => {
      const finding = isNotice(problem) ? warning : error;
      return finding(`daemon: ${problem.code}`, problem.sentence, 'See: portcullis status');
    });
    const enforced = `${number(bans.enforced)} of ${number(bans.wanted)} bans enforced`;
    const complete =
      bans.enforced === bans.wanted
        ? ok('daemon', `It runs; ${enforced}.`)
        : warning(
            'daemon',
            `It runs, but only ${enforced}.`,
            'It mends that within seconds: portcullis status',
          );
    return [complete, ...told, ...checkSocket(socketPath)];
  } catch (cause) {
    if (!(cause instanceof PortcullisError)) throw cause;
    return [error('daemon', cause.message, cause.hint ?? 'See: journalctl -u portcullis')];
  }
}

function checkSocket(path: string): Finding[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  const mode = (found.mode & 0o777).toString(8);
  if ((found.mode & 0o077) === 0) return [ok('socket', `${path} is for its owner alone (mode ${mode}).`)];
  const advice = `chmod 600 ${path}; whoever may write to it may lift every ban.`;
  return [error('socket', `${path} is open to others (mode ${mode}).`, advice)];
}
