import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sse, { type SSEPluginOptions } from '@fastify/sse';
import { type Access, PortcullisError, type Route, type RouteName, routes } from '@portcullis/contracts';
// Fastify loads node:http by require(): imported as an ES module it would load undici as well (15 MB).
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type RouteOptions,
} from 'fastify';
import type { Operations } from '../operations.ts';
import { checkAccess } from './access.ts';
import { createCompilers } from './compilers.ts';
import { createEventStreams, heartbeatMs } from './events.ts';
import { createHandlers, type Handlers } from './handlers.ts';
import { createProblemAnswer, refusal } from './problems.ts';
import { coerce } from './validation.ts';

/** The part of a pino logger that the server uses. */
export type ApiLog = Pick<FastifyBaseLogger, 'error' | 'warn' | 'info'>;

export interface ServerOptions {
  readonly operations: Operations;
  /** What callers on this server's socket may do. */
  readonly access: Access;
  /** Who they are, for the audit log: `admin`, or `site:<id>`. */
  readonly actor: string;
  readonly log: ApiLog;
}

// The types of @fastify/sse describe its `default` property, which lacks the plugin's wrapper.
const ssePlugin = sse as unknown as FastifyPluginAsync<SSEPluginOptions>;

/** Largest request body in bytes; the largest honest one is an entry with a note of 500 characters. */
export const maxBodyBytes = 64 * 1024;
/** Connections to one socket at once; the kernel refuses more. */
export const maxConnections = 256;

/** The API of one socket: every route of the contracts' table, answered by the operations. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { operations, access, actor, log } = options;
  const answerProblem = createProblemAnswer(log, maxBodyBytes);
  const server = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
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

  const streams = createEventStreams(operations);
  server.addHook('preClose', async () => streams.closeAll());
  const handlers = createHandlers(operations, actor);
  for (const [name, route] of Object.entries<Route>(routes)) {
    server.route({
      ...frame(route, access),
      ...(name === 'events' ? { sse: { kind: 'only' as const } } : {}),
      handler: async (request, reply) => {
        switch (name as RouteName) {
          case 'events':
            return streams.open(reply);
          case 'metrics':
            return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await operations.metrics());
          case 'openapi':
            return reply.type('application/json; charset=utf-8').send(openApi());
          default:
            reply.code(route.status ?? 200);
            return handlers[name as keyof Handlers](request as never);
        }
      },
    });
  }
  await server.ready();
  return server;
}

/** All of a route but its handler: where it is, who may call it, what it takes and answers. */
function frame(route: Route, access: Access): Omit<RouteOptions, 'handler'> {
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
    onRequest: async () => checkAccess(route, access),
    preValidation: async (request) => {
      coerce(request.query as Record<string, unknown>, query);
      coerce(request.params as Record<string, unknown>, params);
    },
  };
}

const openApiFile = fileURLToPath(import.meta.resolve('@portcullis/contracts/openapi.json'));
/** Read when asked: it is 60 KB that hardly anybody asks for. */
const openApi = () => readFileSync(openApiFile, 'utf8');
