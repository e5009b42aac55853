import {
  type Access,
  PortcullisError,
  type Route,
  type RouteName,
  type SiteRight,
} from '@portcullis/contracts';
import type { DaemonEvent, Operations, SiteOperations } from '../operations.ts';
import { createAdminHandlers, createSiteHandlers, type Handler } from './handlers.ts';

/** Who asks, as the socket that a request came in on tells, and what of the daemon is theirs. */
export interface Caller {
  readonly access: Access;
  /** What a site has been given; the administrator needs no right. */
  readonly rights: readonly SiteRight[];
  /** Streams of events are counted, and closed, by it. */
  readonly streams: string;
  readonly handlers: Partial<Readonly<Record<RouteName, Handler>>>;
  subscribe(listener: (event: DaemonEvent) => void): () => void;
  readonly metrics?: () => Promise<string>;
  /** Told how many milliseconds of the daemon's time a request took. */
  readonly spend?: (ms: number) => void;
}

export const createAdminCaller = (operations: Operations): Caller => ({
  access: 'admin',
  rights: [],
  streams: 'admin',
  handlers: createAdminHandlers(operations, 'admin'),
  subscribe: (listener) => operations.subscribe(listener),
  metrics: () => operations.metrics(),
});

/** @param user for whom the site says that it asks; empty where it does not say */
export const createSiteCaller = (
  site: { readonly id: string; readonly rights: readonly SiteRight[] },
  operations: SiteOperations,
  user: string,
): Caller => ({
  access: 'site',
  rights: site.rights,
  streams: site.id,
  handlers: createSiteHandlers(operations, user),
  subscribe: (listener) => operations.subscribe(listener),
});

/** @throws PortcullisError forbidden, where the route is not for such a caller */
export function checkAccess(route: Route, { access, rights }: Pick<Caller, 'access' | 'rights'>): void {
  const named = `${route.method} ${route.path}`;
  if (!route.access.includes(access)) {
    throw new PortcullisError('forbidden', `${named} is not for ${access} sockets.`, {
      hint: `It is for: ${route.access.join(', ')}.`,
    });
  }
  if (access === 'admin' || route.right === undefined || rights.includes(route.right)) return;
  throw new PortcullisError('forbidden', `${named} needs the right “${route.right}”.`, {
    hint: `This site has: ${rights.join(', ') || 'none'}. The administrator of the host gives rights.`,
  });
}
