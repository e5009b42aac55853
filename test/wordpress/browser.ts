import { admin } from './install.ts';

/** What a test needs of a browser without a window: cookies, forms, and no following of redirections. */
export interface Browser {
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, fields: Record<string, string>): Promise<Response>;
  request(path: string, init: RequestInit): Promise<Response>;
  /** Logs in through wp-login.php; throws where that fails. */
  logIn(login?: string): Promise<void>;
}

/** Talks to the server at `origin` under the name of `host`. */
export function createBrowser(origin: string): Browser {
  const cookies = new Map<string, string>();

  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(path, origin), {
      redirect: 'manual',
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...(cookie === '' ? {} : { cookie }) },
    });
    for (const [, name, value] of response.headers
      .getSetCookie()
      .map((line) => /^([^=]+)=([^;]*)/.exec(line)!))
      cookies.set(name!, value!);
    return response;
  }

  const post = (path: string, fields: Record<string, string>) =>
    request(path, { method: 'POST', body: new URLSearchParams(fields) });

  return {
    request,
    get: (path, headers = {}) => request(path, { headers }),
    post,
    async logIn(login = admin.login) {
      cookies.set('wordpress_test_cookie', 'WP%20Cookie%20check');
      const response = await post('/wp-login.php', { log: login, pwd: admin.password, testcookie: '1' });
      if (response.status !== 302) throw new Error(`No login: ${response.status} ${await response.text()}`);
    },
  };
}
