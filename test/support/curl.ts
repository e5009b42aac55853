import { createExec } from '../../packages/daemon/src/exec.ts';

export interface Curled {
  /** 0 where nothing answered. */
  readonly status: number;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a route answers
  readonly json: any;
  /** curl's own words where it could not connect. */
  readonly error: string;
}

export interface CurlOptions {
  /** The Unix user whose process asks; left out: root. */
  readonly user?: string;
  readonly token?: string;
  /** The WordPress login that is claimed, as it goes over the wire. */
  readonly claim?: string;
  readonly body?: unknown;
}

const exec = createExec();

/** One request over a Unix socket by a process of a Unix user: `GET /v1/site`. The kernel judges it as any of theirs. */
export async function curl(socket: string, call: string, options: CurlOptions = {}): Promise<Curled> {
  const { user, token, claim, body } = options;
  const [method = 'GET', path = '/'] = call.split(' ');
  const headers = [
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(claim === undefined ? [] : [`X-Portcullis-User: ${claim}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json']),
  ];
  const argv = [
    ...(user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']),
    ...['curl', '--silent', '--show-error', '--max-time', '10', '--unix-socket', socket],
    ...['--request', method, '--write-out', '\n%{http_code}\n%{errormsg}'],
    ...headers.flatMap((header) => ['--header', header]),
    ...(body === undefined ? [] : ['--data-binary', '@-']),
    `http://localhost${path}`,
  ];
  const input = body === undefined ? {} : { input: typeof body === 'string' ? body : JSON.stringify(body) };
  const { stdout } = await exec(argv as [string, ...string[]], input).catch((error) => ({
    stdout: `\n0\n${String(error.message).replaceAll('\n', ' ')}`,
  }));
  const [error = '', status = '0', ...rest] = stdout.split('\n').reverse();
  const text = rest.reverse().join('\n');
  return { status: Number(status), body: text, json: parse(text), error };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
