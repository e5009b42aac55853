import { type AnsweredRequest, type Ban, PortcullisError, type RequestAnswer } from '@portcullis/contracts';
import type { BanStore, Clock } from '@portcullis/core';
import type { ByHand } from '../by-hand.ts';

export interface RequestsOptions {
  readonly store: BanStore;
  readonly byHand: Pick<ByHand, 'unban'>;
  readonly clock: Clock;
}

/** The administrator's answers to what sites ask. */
export function createRequests({ store, byHand, clock }: RequestsOptions) {
  /** @throws PortcullisError not_found, already_answered */
  function openRequest(id: number) {
    const request = store.request(id);
    if (request === undefined) {
      throw new PortcullisError('not_found', `There is no request ${id}.`, {
        hint: '`portcullis requests` lists those that are open.',
      });
    }
    if (request.state === 'open') return request;
    throw new PortcullisError('already_answered', `Request ${id} is ${request.state} already.`, {
      hint: `\`portcullis why ${request.ip}\` tells how the address stands.`,
    });
  }

  /** Approving lifts what is banned of the address, whoever's evidence it is; nothing may be by now. */
  async function answer(actor: string, id: number, state: RequestAnswer['state']): Promise<AnsweredRequest> {
    const { ip, site } = openRequest(id);
    const ended = state === 'approved' ? await unban(actor, ip) : [];
    openRequest(id);
    const request = store.transaction(
      () => {
        store.addAudit({
          at: new Date(clock.now()).toISOString(),
          actor,
          action: state === 'approved' ? 'approve' : 'decline',
          ip,
          jail: null,
          detail: `request ${id} of site:${site}`,
        });
        return store.answerRequest(id, state)!;
      },
      { durable: true },
    );
    return { request, ended };
  }

  async function unban(actor: string, ip: string): Promise<Ban[]> {
    try {
      const { ended } = await byHand.unban(actor, ip, {});
      return ended;
    } catch (error) {
      if (error instanceof PortcullisError && error.code === 'not_banned') return [];
      throw error;
    }
  }

  return { answer };
}
