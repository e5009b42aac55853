import { PortcullisError } from '@portcullis/contracts';
import type { HostKnowledge } from '@portcullis/daemon/offline';
import { collect } from './lists.ts';
import { plural } from './phrases.ts';
import type { Session } from './session.ts';
import { visible } from './terminal.ts';

/** What the running daemon holds besides its configuration, or why it does not say. */
export type DaemonAnswer = HostKnowledge | { readonly silence: string };

export async function askDaemon({ client }: Session): Promise<DaemonAnswer> {
  try {
    const { items: allowed } = await collect(client, 'listAllowed', {});
    const { items: registrations } = await collect(client, 'listRegistrations', {});
    return { allowed, sites: registrations.filter(({ source }) => source === 'command') };
  } catch (error) {
    if (error instanceof PortcullisError) return { silence: error.message };
    throw error;
  }
}

/** `with 3 entries of the allow list of the running daemon`. */
export function describeAnswer(answer: DaemonAnswer): string {
  if ('silence' in answer)
    return `without the allow list: the daemon does not answer. ${visible(answer.silence)}`;
  const { allowed, sites } = answer;
  const registered = sites.length === 0 ? '' : ` and ${plural(sites.length, 'site')} registered by command,`;
  return `with ${plural(allowed.length, 'entry', 'entries')} of the allow list${registered} of the running daemon`;
}
