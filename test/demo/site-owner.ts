import { ask, type HttpAnswer } from './http-request.ts';

/** Where a site is reached on this machine, and who administers it. */
export interface SiteAccount {
  readonly port: number;
  /** The site's name in a browser of this machine, with the port. */
  readonly host: string;
  readonly login: string;
  readonly password: string;
}

/** The administrator of a site, with a browser on this machine's loopback. */
export interface SiteOwner {
  page(path: string): Promise<HttpAnswer>;
  /** A route of the plugin, as `GET /bans`. */
  rest(
    method: 'GET' | 'DELETE',
    path: string,
  ): Promise<{ status: number; value: Readonly<Record<string, unknown>> }>;
}

/** Logs in through wp-login.php. @throws where that fails */
export async function logIn({ port, host, login, password }: SiteAccount): Promise<SiteOwner> {
  const cookies = new Map([['wordpress_test_cookie', 'WP%20Cookie%20check']]);

  async function send(
    path: string,
    more: { method?: string; headers?: object; form?: Record<string, string> },
  ) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const to = { address: '127.0.0.1', port, site: host, path };
    const answer = await ask({ ...to, ...more, headers: { ...more.headers, cookie } });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name!, value!);
    }
    return answer;
  }

  const { status } = await send('/wp-login.php', { form: { log: login, pwd: password, testcookie: '1' } });
  if (status !== 302) throw new Error(`${login} could not log in at ${host}: HTTP ${status}`);
  const nonce = await send('/wp-admin/admin-ajax.php?action=rest-nonce', {});
  return {
    page: (path) => send(path, {}),
    async rest(method, path) {
      const headers = { 'x-wp-nonce': nonce.body };
      const answer = await send(`/wp-json/portcullis/v1${path}`, { method, headers });
      return { status: answer.status, value: JSON.parse(answer.body) };
    },
  };
}
