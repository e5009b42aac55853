import { PortcullisError } from '@portcullis/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiLog } from './server.ts';
import { invalidRequest, type SchemaError } from './validation.ts';

export const problemType = 'application/problem+json; charset=utf-8';

/** Answers every failure with a problem document. An unexpected one is logged and told without its details. */
export const createProblemAnswer =
  (log: ApiLog, maxBodyBytes: number) =>
  (cause: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    let error = asPortcullisError(cause, maxBodyBytes);
    if (error === undefined) {
      log.error({ err: cause, method: request.method, route: request.routeOptions.url }, 'A request failed');
      error = new PortcullisError('internal', 'The daemon could not answer.', {
        hint: "The daemon's log says why: journalctl -u portcullis",
      });
    }
    const problem = error.toProblem();
    reply.code(problem.status).type(problemType).serializer(JSON.stringify).send(problem);
  };

function asPortcullisError(cause: unknown, maxBodyBytes: number): PortcullisError | undefined {
  if (cause instanceof PortcullisError) return cause;
  if (!(cause instanceof Error)) return undefined;
  const { code, statusCode, validation, validationContext } = cause as FastifyError;
  if (validation !== undefined) {
    const part =
      { body: 'body', params: 'path', querystring: 'query' }[String(validationContext)] ?? 'request';
    return invalidRequest(part, validation as unknown as SchemaError[]);
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new PortcullisError('payload_too_large', `The body is larger than ${maxBodyBytes} bytes.`);
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new PortcullisError('invalid_request', `${cause.message.replace(/\.$/, '')}.`);
  }
  return undefined;
}

/** The bytes that refuse a connection whose request is not HTTP, or whose headers are too large or too slow. */
export function refusal(cause: Error & { code?: string }): string {
  const sentence =
    {
      HPE_HEADER_OVERFLOW: 'The headers are too large.',
      ERR_HTTP_REQUEST_TIMEOUT: 'The request came too slowly.',
    }[String(cause.code)] ?? 'The request is not HTTP/1.1.';
  const body = JSON.stringify(new PortcullisError('invalid_request', sentence).toProblem());
  return [
    'HTTP/1.1 400 Bad Request',
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
