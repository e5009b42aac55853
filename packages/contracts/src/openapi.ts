import type { JSONSchema } from 'json-schema-to-ts';
import { type Route, routes } from './api.ts';
import { Ban, BanDetails, Evidence, NewBan, Unbanned } from './ban.ts';
import { Problem } from './errors.ts';
import { Failure } from './failure.ts';
import { Jail, JailSummary, LogPosition } from './jail.ts';
import { Receipt, ReceiptFailure, Rule } from './receipt.ts';
import { NewRegistration, Registered, Registration, SiteIdentity, SiteToken } from './registration.ts';
import {
  AllowEntry,
  Allowed,
  AnsweredRequest,
  AuditEntry,
  Exemption,
  NewAllowEntry,
  NewUnbanRequest,
  RequestAnswer,
  Site,
  UnbanRequest,
} from './site.ts';
import { HealthProblem, Stats, Status } from './status.ts';
import { Why } from './why.ts';

/** The nouns that the document names once and refers to. */
const nouns = {
  Allowed,
  AllowEntry,
  AnsweredRequest,
  AuditEntry,
  Ban,
  BanDetails,
  Evidence,
  Exemption,
  Failure,
  HealthProblem,
  Jail,
  JailSummary,
  LogPosition,
  NewAllowEntry,
  NewBan,
  NewRegistration,
  NewUnbanRequest,
  Problem,
  Receipt,
  ReceiptFailure,
  Registered,
  Registration,
  RequestAnswer,
  Rule,
  Site,
  SiteIdentity,
  SiteToken,
  Stats,
  Status,
  Unbanned,
  UnbanRequest,
  Why,
} as const;
const nameOfNoun = new Map<unknown, string>(Object.entries(nouns).map(([name, schema]) => [schema, name]));

/** The API as an OpenAPI 3.1 document, from the route table. */
export function createOpenApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const templates = new Map<string, string>();
  for (const [name, route] of Object.entries(routes)) {
    // OpenAPI takes `/v1/bans/{id}` and `/v1/bans/{ip}` for one path: the first name stands for both.
    const shape = route.path.replace(/:\w+/g, ':');
    const template = templates.get(shape) ?? route.path.replace(/:(\w+)/g, '{$1}');
    templates.set(shape, template);
    paths[template] ??= {};
    paths[template][route.method.toLowerCase()] = operation(name, route, template);
  }
  const schemas = Object.fromEntries(
    Object.entries(nouns).map(([name, schema]) => [name, withReferences(schema, schema)]),
  );
  return {
    openapi: '3.1.1',
    info: {
      title: 'Portcullis',
      version,
      summary: 'What the daemon answers on its Unix sockets.',
      license: { name: 'GPL-2.0-or-later', identifier: 'GPL-2.0-or-later' },
    },
    servers: [
      {
        url: 'http://localhost',
        description:
          'Over a Unix socket; the host name means nothing. Who you are is which socket you came in on.',
      },
    ],
    paths,
    components: {
      schemas,
      responses: {
        Problem: {
          description: 'What went wrong (RFC 9457).',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

function operation(name: string, route: Route, template: string): Record<string, unknown> {
  const templateNames = [...template.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!);
  const parameters = [
    ...properties(route.params).map(([, schema], at) => parameter('path', templateNames[at]!, schema, true)),
    ...properties(route.query).map(([key, schema]) => parameter('query', key, schema, false)),
  ];
  return {
    operationId: name,
    summary: route.summary,
    'x-portcullis-access': route.access,
    ...(route.right === undefined ? {} : { 'x-portcullis-right': route.right }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(withReferences(route.body)) } }),
    responses: {
      [route.status ?? 200]: { description: route.summary, content: answerContent(route.response) },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function properties(schema: JSONSchema | undefined): [string, object][] {
  return typeof schema === 'object' && 'properties' in schema && schema.properties !== undefined
    ? (Object.entries(schema.properties) as [string, object][])
    : [];
}

function parameter(place: 'path' | 'query', name: string, schema: object, required: boolean) {
  const { description, ...rest } = schema as { description?: string };
  return {
    name,
    in: place,
    required,
    ...(description === undefined ? {} : { description }),
    schema: withReferences(rest),
  };
}

function answerContent(response: Route['response']): Record<string, unknown> {
  if (response === 'text') return { 'text/plain': { schema: { type: 'string' } } };
  if (response === 'events') return { 'text/event-stream': { schema: { type: 'string' } } };
  return jsonContent(withReferences(response));
}

const jsonContent = (schema: unknown) => ({ 'application/json': { schema } });

/** The schema with each noun inside it replaced by a reference; `self` is the noun being defined. */
function withReferences(schema: unknown, self?: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const noun = nameOfNoun.get(schema);
  if (noun !== undefined && schema !== self) return { $ref: `#/components/schemas/${noun}` };
  if (Array.isArray(schema)) return schema.map((item) => withReferences(item));
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withReferences(value)]));
}
