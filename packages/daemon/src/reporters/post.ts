import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { Reporter, Secret } from '@portcullis/core';

/** How long an attempt may take as a whole, and how much of an answer is read. */
const timeLimit = 10_000;
const maxAnswer = 4_096;

/** Loaded with the first message: a daemon without reports does not pay for TLS, 6 MB. undici would cost 28 MB. */
const require = createRequire(import.meta.url);

export interface Answer {
  readonly status: number;
  /** The header `Retry-After`; undefined where there is none. */
  readonly retryAfter: string | undefined;
  /** At most 4 KiB of it. */
  readonly body: string;
}

/**
 * Posts JSON on a connection of its own. Follows no redirect.
 *
 * @throws Error where there was no complete answer within 10 s
 */
export function post(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  const { request }: typeof import('node:https') = require(
    url.protocol === 'http:' ? 'node:http' : 'node:https',
  );
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent: false,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeLimit)]),
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'portcullis',
          ...headers,
        },
      },
      (answer) => readAnswer(answer).then(resolve, reject),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function readAnswer(answer: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = answer;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size >= maxAnswer) break;
  }
  const body = Buffer.concat(chunks).subarray(0, maxAnswer).toString('utf8');
  return { status, retryAfter: headers['retry-after'], body };
}

/** What may be seen of a URL: its host, and a name that two reporters share if they share the URL. */
export function placeOf(url: Secret): Pick<Reporter, 'host' | 'endpoint'> {
  const endpoint = createHash('sha256').update(url.reveal()).digest('base64');
  return { host: new URL(url.reveal()).host, endpoint };
}
