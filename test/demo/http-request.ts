import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface HttpRequest {
  /** The server's address and port; unlike with fetch(), the site's name is apart from it. */
  readonly address: string;
  readonly port: number;
  readonly site: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields to send. */
  readonly form?: Readonly<Record<string, string>>;
  /** The address to come from. Left out: any. */
  readonly from?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How long an answer may be waited for, in milliseconds. */
const timeout = 10_000;

/** Sends one request; follows no redirection. Rejects with the system's error where there is no answer. */
export async function ask({ site, form, from, ...to }: HttpRequest): Promise<HttpAnswer> {
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  const asked = request({
    host: to.address,
    port: to.port,
    path: to.path,
    method: to.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      host: site,
      ...to.headers,
      ...(body === undefined
        ? {}
        : {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(body)),
          }),
    },
    agent: false,
    signal: AbortSignal.timeout(timeout),
    ...(from === undefined ? {} : { localAddress: from }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  asked.once('error', reject);
  asked.once('response', (response) => {
    const { statusCode: status = 0, headers } = response;
    text(response).then((body) => resolve({ status, headers, body }), reject);
  });
  asked.end(body);
  return promise;
}
