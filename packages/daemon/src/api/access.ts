import { type Access, PortcullisError, type Route } from '@portcullis/contracts';

/** @throws PortcullisError forbidden, where the route is not for callers that came in on this kind of socket */
export function checkAccess(route: Route, access: Access): void {
  if (route.access.includes(access)) return;
  throw new PortcullisError('forbidden', `${route.method} ${route.path} is not for ${access} sockets.`, {
    hint: `It is for: ${route.access.join(', ')}.`,
  });
}
