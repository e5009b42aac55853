import {
  type Answer,
  type Body,
  type Page,
  type Params,
  PortcullisError,
  type Query,
  type RouteName,
} from '@portcullis/contracts';
import type { Operations } from '../operations.ts';

/** What a caller sent, as the route's schemas have checked it. */
export interface Call<N extends RouteName> {
  readonly params: Params<N>;
  readonly query: Query<N>;
  readonly body: Body<N>;
}

/** Routes that answer one JSON value. */
export type ValueRoute = Exclude<RouteName, 'events' | 'metrics' | 'openapi'>;

type Value<N extends RouteName> = Answer<N> extends { items: (infer Item)[] } ? Page<Item> : Answer<N>;

export type Handlers = {
  readonly [N in ValueRoute]: (call: Call<N>) => Value<N> | Promise<Value<N>>;
};

/** Each route as a call of the operations. `actor` is who the socket stands for, for the audit log. */
export const createHandlers = (operations: Operations, actor: string): Handlers => ({
  status: () => operations.status(),
  listBans: ({ query }) => operations.listBans(query),
  getBan: ({ params }) => operations.getBan(params.id),
  ban: ({ body }) => operations.ban(actor, body),
  unban: ({ params, query }) => operations.unban(actor, params.ip, query),
  unbanAll: ({ query }) => operations.unbanAll(actor, query),
  listSites: ({ query }) => operations.listSites(query),
  listJails: ({ query }) => operations.listJails(query),
  listAllowed: ({ query }) => operations.listAllowed(query),
  allow: ({ body }) => operations.allow(actor, body),
  disallow: ({ params }) => operations.disallow(actor, params.id),
  listFailures: ({ query }) => operations.listFailures(query),
  stats: ({ query }) => operations.stats(query),
  why: ({ params }) => operations.why(params.ip),
  listRequests: ({ query }) => operations.listRequests(query),
  listAudit: ({ query }) => operations.listAudit(query),
  ask: later,
  answerRequest: later,
  site: later,
  listRegistrations: later,
  register: later,
  unregister: later,
  issueToken: later,
  revokeToken: later,
});

function later(): never {
  throw new PortcullisError('unavailable', 'Sites cannot be registered yet.');
}
