import type { Access, Answer, Body, Page, Params, Query, RouteName, routes } from '@portcullis/contracts';
import type { Operations, SiteOperations } from '../operations.ts';

/** What a caller sent, as the route's schemas have checked it. */
export interface Call<N extends RouteName> {
  readonly params: Params<N>;
  readonly query: Query<N>;
  readonly body: Body<N>;
}

/** Routes that answer one JSON value. */
type ValueRoute = Exclude<RouteName, 'events' | 'metrics' | 'openapi'>;
type RouteFor<A extends Access> = {
  [N in ValueRoute]: A extends (typeof routes)[N]['access'][number] ? N : never;
}[ValueRoute];

type Value<N extends RouteName> = Answer<N> extends { items: (infer Item)[] } ? Page<Item> : Answer<N>;
type HandlersFor<A extends Access> = {
  readonly [N in RouteFor<A>]: (call: Call<N>) => Value<N> | Promise<Value<N>>;
};

/** A handler whose call the server has checked against its route. */
export type Handler = (call: never) => unknown;

/** Each route of the administrator as a call of the operations. `actor` is for the audit log. */
export const createAdminHandlers = (operations: Operations, actor: string): HandlersFor<'admin'> => ({
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
  answerRequest: ({ params, body }) => operations.answerRequest(actor, params.id, body.state),
  listHolds: ({ query }) => operations.listHolds(query),
  answerHold: ({ params, body }) => operations.answerHold(actor, params.id, body.state),
  listRegistrations: ({ query }) => operations.listRegistrations(query),
  register: ({ body }) => operations.register(actor, body),
  unregister: ({ params }) => operations.unregister(actor, params.id),
  issueToken: ({ params }) => operations.issueToken(actor, params.id),
  revokeToken: ({ params }) => operations.revokeToken(actor, params.id),
  report: ({ query }) => operations.report(query),
  sendReport: ({ body }) => operations.sendReport(body),
  testReport: ({ body }) => operations.testReport(body),
  beginSelfTest: () => operations.beginSelfTest(),
  listCampaigns: ({ query }) => operations.listCampaigns(query),
  getSelfTest: ({ params }) => operations.getSelfTest(params.id),
  listAudit: ({ query }) => operations.listAudit(query),
  verifyAudit: ({ query }) => operations.verifyAudit(query),
});

/** Each route of a site as a call of what is the site's own. `user` is whom the site names. */
export const createSiteHandlers = (operations: SiteOperations, user: string): HandlersFor<'site'> => ({
  site: () => operations.site(),
  status: () => operations.status(),
  listBans: ({ query }) => operations.listBans(query),
  getBan: ({ params }) => operations.getBan(params.id),
  unban: ({ params, query }) => operations.unban(user, params.ip, query),
  listSites: ({ query }) => operations.listSites(query),
  listAllowed: ({ query }) => operations.listAllowed(query),
  allow: ({ body }) => operations.allow(user, body),
  disallow: ({ params }) => operations.disallow(user, params.id),
  listFailures: ({ query }) => operations.listFailures(query),
  stats: ({ query }) => operations.stats(query),
  listRequests: ({ query }) => operations.listRequests(query),
  ask: ({ body }) => operations.ask(user, body),
  listCampaigns: ({ query }) => operations.listCampaigns(query),
  noteSession: ({ body }) => operations.noteSession(user, body.ip),
  listAudit: ({ query }) => operations.listAudit(query),
});
