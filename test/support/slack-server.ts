import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { slackFaults } from './slack-payload.ts';

/** How the server answers. */
export type Manner =
  | 'ok'
  | 'no_service'
  | 'channel_not_found'
  | 'redirect'
  | 'invalid_payload'
  | 'server_error'
  | 'hang'
  | 'close_mid_body'
  | 'endless_body'
  | 'echo'
  | { readonly retryAfter: string };

export interface Received {
  /** When the body had arrived, by the monotonic clock. */
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly raw: string;
  readonly body: Record<string, unknown>;
  /** What breaks Slack's documented limits, or lets mark-up through. */
  readonly faults: readonly string[];
}

/** A server in the place of Slack, or of any program that is sent JSON. */
export interface SlackServer extends AsyncDisposable {
  readonly port: number;
  /** With a path that is a secret. */
  readonly url: string;
  readonly secret: string;
  /** Everything that was posted, whatever the answer was. */
  readonly received: Received[];
  /** What was posted and answered with 200. */
  readonly accepted: Received[];
  /** How the next requests are answered, one each; then `manner`. */
  readonly next: Manner[];
  manner: Manner;
}

/** @param tls with a certificate: HTTPS; `port` to have one that was known before */
export async function createSlackServer(
  options: { tls?: ServerOptions; port?: number } = {},
): Promise<SlackServer> {
  const secret = `T0SECRET/B0SECRET/${crypto.randomUUID()}`;
  const received: Received[] = [];
  const accepted: Received[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const raw = await text(request).catch(() => null);
    if (raw === null) return;
    const body = JSON.parse(raw);
    const { url: path = '', headers } = request;
    const one = { at: performance.now(), path, headers, raw, body, faults: slackFaults(body) };
    received.push(one);
    if (answer(server.next.shift() ?? server.manner, one, response)) accepted.push(one);
  };
  const http = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  http.listen(options.port ?? 0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const scheme = options.tls === undefined ? 'http' : 'https';
  const server: SlackServer = {
    port,
    url: `${scheme}://127.0.0.1:${port}/services/${secret}`,
    secret,
    received,
    accepted,
    next: [],
    manner: 'ok',
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return server;
}

/** @returns whether the message is taken */
function answer(manner: Manner, { raw, path }: Received, response: ServerResponse): boolean {
  const say = (status: number, body: string) => void response.writeHead(status).end(body);
  if (typeof manner === 'object') {
    response.writeHead(429, { 'retry-after': manner.retryAfter }).end('rate_limited');
    return false;
  }
  switch (manner) {
    case 'ok':
      say(200, 'ok');
      return true;
    case 'no_service':
    case 'channel_not_found':
      say(404, manner);
      return false;
    case 'redirect':
      response.writeHead(302, { location: path }).end();
      return false;
    case 'invalid_payload':
      say(400, manner);
      return false;
    case 'server_error':
      say(500, 'rollup_error');
      return false;
    case 'hang':
      return false;
    case 'close_mid_body':
      response.writeHead(200, { 'content-length': '100' });
      response.write('o', () => response.destroy());
      return false;
    case 'endless_body': {
      response.writeHead(500);
      // At the pace of the reader, until it has had enough.
      const more = (error?: Error | null) => {
        if (!error && !response.closed && response.socket?.writable)
          response.write('x'.repeat(65_536), (failed) => setImmediate(more, failed));
      };
      more();
      return false;
    }
    case 'echo':
      say(400, `wrong: ${path} ${raw}`);
      return false;
  }
}
