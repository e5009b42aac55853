import type { SSEPluginOptions } from '@fastify/sse';
import { PortcullisError, type Route, type RouteName, routes } from '@portcullis/contracts';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  RouteOptions,
} from 'fastify';
import { readShippedFile } from '../shipped-file.ts';
import { type Caller, checkAccess } from './caller.ts';
import { createEventStreams, heartbeatMs } from './events.ts';
import { createProblemAnswer, refusal } from './problems.ts';
import { coerce } from './validation.ts';

/** The part of a pino logger that the server uses. */
export type ApiLog = Pick<FastifyBaseLogger, 'error' | 'warn' | 'info'>;

export interface ServerOptions {
  /** Says who asks, before anything of the request is read but its headers. What it throws is the answer. */
  readonly admit: (request: FastifyRequest, reply: FastifyReply) => Caller;
  readonly log: ApiLog;
  /** Left out: `maxBodyBytes`. */
  readonly bodyBytes?: number;
}

export interface ApiServer {
  readonly http: FastifyInstance;
  /** Ends the event streams of callers of this name. */
  closeStreams(streams: string): void;
}

/** Largest request body in bytes; the largest honest one is an entry with a note of 500 characters. */
export const maxBodyBytes = 64 * 1024;
/** Connections to one socket at once; the kernel refuses more. */
export const maxConnections = 256;

/** The API: every route of the contracts' table, answered by what is the caller's. */
export async function createServer(options: ServerOptions): Promise<ApiServer> {
  const { admit, log, bodyBytes = maxBodyBytes } = options;
  const { fastify, ssePlugin, createCompilers } = await loadFramework();
  const answerProblem = createProblemAnswer(log, bodyBytes);
  const callers = new WeakMap<FastifyRequest, Caller>();
  const callerOf = (request: FastifyRequest): Caller => {
    const caller = callers.get(request);
    if (caller === undefined) throw new Error('A request reached its handler without being admitted.');
    return caller;
  };
  const server = fastify({
    logger: false,
    bodyLimit: bodyBytes,
    requestTimeout: 10_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    // A network with a long note behind it must reach the validator, which says what is wrong with it.
    routerOptions: { maxParamLength: 500 },
    schemaController: { compilersFactory: createCompilers() },
    frameworkErrors: answerProblem,
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(refusal(error));
      else socket.destroy();
    },
  });
  server.server.maxConnections = maxConnections;
  server.server.headersTimeout = 5_000;
  server.setErrorHandler(answerProblem);
  server.setNotFoundHandler((request) => {
    throw new PortcullisError(
      'unknown_route',
      `There is no ${request.method} ${request.url.slice(0, 200)}.`,
      {
        hint: 'GET /v1/openapi.json lists what there is.',
      },
    );
  });
  await server.register(ssePlugin, { heartbeatInterval: heartbeatMs });

  const streams = createEventStreams();
  server.addHook('preClose', async () => streams.closeAll());
  server.addHook('onRequest', async (request, reply) => {
    callers.set(request, admit(request, reply));
  });
  for (const [name, route] of Object.entries<Route>(routes)) {
    server.route({
      ...frame(route, callerOf),
      ...(name === 'events' ? { sse: { kind: 'only' as const } } : {}),
      handler: async (request, reply) => {
        const caller = callerOf(request);
        switch (name as RouteName) {
          case 'events':
            return streams.open(reply, caller);
          case 'metrics':
            return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await caller.metrics?.());
          case 'openapi':
            return reply.type('application/json; charset=utf-8').send(openApi());
          default:
            reply.code(route.status ?? 200);
            return answer(caller, name as RouteName, request);
        }
      },
    });
  }
  await server.ready();
  return { http: server, closeStreams: streams.close };
}

/** Calls the handler; what it takes of the one thread that everybody shares is put to the caller's account. */
function answer({ handlers, spend }: Caller, name: RouteName, request: FastifyRequest): unknown {
  const handle = handlers[name];
  if (handle === undefined) throw new Error(`There is no handler for ${name}.`);
  const start = performance.now();
  try {
    return handle(request as never);
  } finally {
    spend?.(performance.now() - start);
  }
}

/** All of a route but its handler: where it is, who may call it, what it takes and answers. */
function frame(route: Route, callerOf: (request: FastifyRequest) => Caller): Omit<RouteOptions, 'handler'> {
  const { method, path, params, query, body, response, status = 200 } = route;
  return {
    method,
    url: path,
    schema: {
      ...(params === undefined ? {} : { params }),
      querystring: query ?? { type: 'object', additionalProperties: false },
      ...(body === undefined ? {} : { body }),
      ...(typeof response === 'object' && 'properties' in response
        ? { response: { [status]: response } }
        : {}),
    },
    onRequest: async (request) => checkAccess(route, callerOf(request)),
    preValidation: async (request) => {
      coerce(request.query as Record<string, unknown>, query);
      coerce(request.params as Record<string, unknown>, params);
    },
  };
}

/**
 * Loaded with the first server: it takes a fifth of a second, in which a starting daemon already enforces. Fastify loads
 * node:http by require(): imported as an ES module it would load undici as well (15 MB).
 */
async function loadFramework() {
  const [{ default: fastify }, { default: sse }, { createCompilers }] = await Promise.all([
    import('fastify'),
    import('@fastify/sse'),
    import('./compilers.ts'),
  ]);
  // The types of @fastify/sse describe its `default` property, which lacks the plugin's wrapper.
  const ssePlugin = sse as unknown as FastifyPluginAsync<SSEPluginOptions>;
  return { fastify, ssePlugin, createCompilers };
}

const openApiFile = import.meta.resolve('@portcullis/contracts/openapi.json');
/** Read when asked: it is 60 KB that hardly anybody asks for. */
const openApi = () => readShippedFile(openApiFile).toString('utf8');
