import type { Logger } from './log.ts';
import type { DaemonEvent } from './operations.ts';

/** Says in the daemon's own log what it did: who was banned and why, who was let in again, what was mended. */
export function createEventLog(log: Pick<Logger, 'debug' | 'info' | 'warn'>): (event: DaemonEvent) => void {
  return ({ type, data }) => {
    const { ip, jail, until, reason, failures } = data;
    if (type === 'ban') log.info({ ip, jail, until, failures, reason }, 'Banned.');
    // Behind a CDN a ban has no effect, and every few failures prolong it.
    if (type === 'prolong') log.debug({ ip, jail, until, failures }, 'Banned for longer.');
    if (type === 'unban') log.info({ ip, jail }, 'No longer banned.');
    if (type === 'failed') log.warn({ ip, jail, reason }, 'Not banned yet: the kernel refused it.');
    if (type === 'campaign') {
      const { id, addresses, over } = data;
      log.info(
        { campaign: id, addresses },
        over ? 'A campaign is over.' : 'A campaign has begun: portcullis campaigns',
      );
    }
    if (type === 'repair') log.warn({ faults: data['faults'] }, 'The firewall was mended.');
  };
}
