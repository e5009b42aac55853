import { createServer as createNetServer, type Server, type Socket } from 'node:net';
import { PortcullisError, type SiteRight } from '@portcullis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SiteOperations } from '../operations.ts';
import { type Caller, createSiteCaller } from './caller.ts';
import { readClaimedUser } from './claimed-user.ts';
import { type ApiLog, createServer } from './server.ts';
import { graceMs, type Listening, type PlacedSocket, placeSocket, type SocketRights } from './socket.ts';
import { readSubSite } from './sub-site.ts';
import { Bucket, createCommonBudget, refuse, siteLimits, Throttle } from './throttle.ts';
import { readBearer } from './token.ts';

/** A registered site, and what is its own. */
export interface SiteEntry {
  readonly id: string;
  readonly rights: readonly SiteRight[];
  /** @param sub one of its names alone; null: all. @throws PortcullisError forbidden where that is none of its names */
  readonly operations: (sub: string | null) => SiteOperations;
}

/** Who the registered sites are; asked anew for each request. */
export interface SiteDirectory {
  /** The site in isolated mode with this id. */
  byId(id: string): SiteEntry | undefined;
  /** The site in shared mode with this token. */
  byToken(token: string): SiteEntry | undefined;
}

/** What stands behind a socket: one site, or all those that share it and show a token. */
export type Door = { readonly site: string } | 'shared';

export interface OpenDoor extends Listening {
  isInPlace(): Promise<boolean>;
}

export interface SiteServer {
  /** @throws PortcullisError as `listen` */
  open(door: Door, path: string, rights: SocketRights): Promise<OpenDoor>;
  /** Ends the event streams of a site, whose rights, domains or token are others now. */
  closeStreams(site: string): void;
  /** Forgets what a site has taken: it is no longer registered. */
  forget(site: string): void;
  close(): Promise<void>;
}

/**
 * The API of all sites. One HTTP server answers; each door is a socket of its own that hands its connections over, and who
 * asks is the door that they came through. So a hundred sites cost little more than one.
 */
export async function createSiteServer(options: {
  readonly directory: SiteDirectory;
  readonly log: ApiLog;
}): Promise<SiteServer> {
  const { directory, log } = options;
  const doors = new WeakMap<Socket, Door>();
  const running = new WeakMap<Socket, number>();
  const closing = new WeakSet<Socket>();
  const throttles = new Map<string, Throttle>();
  const common = createCommonBudget();
  // Who knocks at the shared door without a token that holds takes from this.
  const strangers = new Bucket(siteLimits.burst, siteLimits.requestsASecond);

  function throttleOf(site: string): Throttle {
    const known = throttles.get(site);
    if (known !== undefined) return known;
    const throttle = new Throttle(common);
    throttles.set(site, throttle);
    return throttle;
  }

  function siteBehind(door: Door, request: FastifyRequest): SiteEntry {
    if (door !== 'shared') {
      const site = directory.byId(door.site);
      if (site !== undefined) return site;
      throw new PortcullisError('forbidden', `The site ${door.site} is no longer registered.`);
    }
    const token = readBearer(request.headers.authorization);
    const site = token === null ? undefined : directory.byToken(token);
    if (site !== undefined) return site;
    if (!strangers.take(1)) refuse('Too many requests came without a token that holds.', 1);
    throw new PortcullisError(
      'unauthorized',
      token === null ? 'This socket serves several sites: a token says which.' : 'The token does not hold.',
      {
        hint: 'Send “Authorization: Bearer TOKEN”; on the host, `portcullis site token ID` makes a new one.',
      },
    );
  }

  function admit(request: FastifyRequest, reply: FastifyReply): Caller {
    const { socket } = request.raw;
    const door = doors.get(socket);
    if (door === undefined) throw new Error('A request came through no door.');
    running.set(socket, (running.get(socket) ?? 0) + 1);
    reply.raw.once('close', () => {
      running.set(socket, running.get(socket)! - 1);
      if (closing.has(socket)) socket.destroy();
    });
    const site = siteBehind(door, request);
    const throttle = throttleOf(site.id);
    throttle.admit();
    // Streams of events last; they are counted apart.
    if (request.routeOptions.url !== '/v1/events') reply.raw.once('close', throttle.begin());
    const caller = createSiteCaller(
      site,
      site.operations(readSubSite(request.headers)),
      readClaimedUser(request.headers),
    );
    return { ...caller, spend: (ms) => throttle.spend(ms * writingFactor + requestCostMs) };
  }

  const { http, closeStreams } = await createServer({ admit, log, bodyBytes: siteLimits.bodyBytes });
  // It listens nowhere itself; this starts the watch over slow connections that listening would start.
  http.server.emit('listening');
  const open = new Set<OpenDoor>();

  return {
    async open(door, path, rights) {
      const connections = new Set<Socket>();
      const server = createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        doors.set(socket, door);
        connections.add(socket);
        socket.once('close', () => connections.delete(socket));
        http.server.emit('connection', socket);
      });
      server.maxConnections = siteLimits.connections[door === 'shared' ? 'shared' : 'site'];
      const placed = await placeSocket(path, rights, {
        listen: (staging) => listenOn(server, staging),
        close: () => closeServer(server),
      });
      const opened: OpenDoor = {
        isInPlace: placed.isInPlace,
        async close() {
          open.delete(opened);
          await closeDoor(placed, server, connections);
        },
      };
      open.add(opened);
      return opened;
    },
    closeStreams,
    forget(site) {
      closeStreams(site);
      throttles.delete(site);
    },
    async close() {
      await Promise.all([...open].map((door) => door.close()));
      await http.close();
      http.server.closeAllConnections();
      http.server.close(() => {});
    },
  };

  /** No new connections; those that are being answered are, for a while. */
  async function closeDoor(placed: PlacedSocket, server: Server, connections: Set<Socket>): Promise<void> {
    await placed.remove();
    for (const socket of connections) {
      closing.add(socket);
      if ((running.get(socket) ?? 0) === 0) socket.destroy();
    }
    const force = setTimeout(() => {
      for (const socket of connections) socket.destroy();
    }, graceMs);
    await closeServer(server);
    clearTimeout(force);
  }
}

/** What a request takes besides its handler: to be read, checked and written, in milliseconds. */
const requestCostMs = 0.5;
/** A long list takes about as long again to be written as JSON. */
const writingFactor = 1.5;

function listenOn(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(path, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });
