import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createHost } from '../support/daemon-process.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { type Browser, createBrowser } from './browser.ts';
import { type HostileSockets, openHostileSockets } from './hostile-sockets.ts';
import { createWordPress, letOthersIn, type WordPress } from './wordpress.ts';

const rest = '/wp-json/portcullis/v1';

describe('the plugin by HTTP', () => {
  const all = new AsyncDisposableStack();
  let sockets: HostileSockets;
  let wordpress: WordPress;
  let browser: Browser;
  let origin: string;

  before(async () => {
    const directory = all.adopt(mkdtempSync(join(tmpdir(), 'wph-')), (path) =>
      rmSync(path, { recursive: true }),
    );
    sockets = all.use(await openHostileSockets(join(directory, 's')));
    const port = await freePort();
    wordpress = all.use(await createWordPress({ version: '7.1', host: `127.0.0.1:${port}` }));
    const build = join(wordpress.directory, 'wp-content/plugins/portcullis/build');
    mkdirSync(build, { recursive: true });
    writeFileSync(join(build, 'index.js'), '');
    writeFileSync(
      join(build, 'index.asset.php'),
      "<?php return array( 'dependencies' => array(), 'version' => '1' );",
    );
    await wordpress.serve({ address: '127.0.0.1', port });
    origin = `http://127.0.0.1:${port}`;
    browser = createBrowser(origin);
    await browser.logIn();
  });
  after(() => all.disposeAsync());
  beforeEach(() => wordpress.run('( new Portcullis\\Circuit_Breaker() )->close();'));

  const listenAt = (name: string) =>
    wordpress.define({ PORTCULLIS_SOCKET: join(sockets.directory, `${name}.sock`) });

  const nonce = async () => {
    const page = await (await browser.get('/wp-admin/tools.php?page=portcullis')).text();
    return /portcullisSettings = .*?"nonce":"([0-9a-f]+)"/.exec(page)![1]!;
  };

  test('the front end and the login never call the daemon', async () => {
    listenAt('hanging');
    const visitor = createBrowser(origin);
    const before = sockets.connections('hanging');
    const started = performance.now();
    assert.equal((await visitor.get('/')).status, 200);
    assert.equal((await visitor.get('/wp-login.php')).status, 200);
    assert.equal((await visitor.post('/wp-login.php', { log: 'admin', pwd: 'wrong' })).status, 200);
    await visitor.logIn('reader');
    assert.equal((await visitor.get('/wp-admin/profile.php')).status, 200);
    assert.equal((await visitor.get('/?rest_route=/wp/v2/posts')).status, 200);
    assert.equal(sockets.connections('hanging') - before, 0);
    assert.ok(performance.now() - started < 5_000);
  });

  test('a daemon that hangs costs pages of wp-admin one call of less than a second', async () => {
    listenAt('echo');
    const usual = await duration('/wp-admin/tools.php?page=portcullis');
    listenAt('hanging');
    const before = sockets.connections('hanging');
    const first = await duration('/wp-admin/tools.php?page=portcullis');
    assert.ok(first - usual < 1_000, `${Math.round(first - usual)} ms more`);
    const second = await duration('/wp-admin/tools.php?page=portcullis');
    assert.ok(second - usual < 150, `${Math.round(second - usual)} ms more`);
    await duration('/wp-admin/index.php');
    assert.equal(sockets.connections('hanging') - before, 1);
  });

  async function duration(path: string): Promise<number> {
    const started = performance.now();
    const response = await browser.get(path);
    assert.equal(response.status, 200, await response.text());
    return performance.now() - started;
  }

  test('the script is loaded on the screens of the plugin only', async () => {
    listenAt('refusing');
    const panel = await (await browser.get('/wp-admin/tools.php?page=portcullis')).text();
    assert.match(panel, /portcullis\/build\/index\.js/);
    assert.match(panel, /<div id="portcullis-root"><h1/);
    const history = await (await browser.get('/wp-admin/tools.php?page=portcullis&tab=history')).text();
    assert.match(history, /<div id="portcullis-root"><\/div><noscript><h1/);
    assert.match(panel, /window\.portcullisSettings = \{/);
    for (const path of ['index.php', 'plugins.php', 'tools.php', 'site-health.php', 'users.php']) {
      const page = await (await browser.get(`/wp-admin/${path}`)).text();
      assert.doesNotMatch(page, /build\/index\.js|portcullisSettings/, path);
    }
  });

  test('who has an expired nonce, or none, is refused before the daemon is asked', async () => {
    listenAt('echo');
    const before = sockets.connections('echo');
    const expired = await browser.get(`${rest}/bans`, { 'x-wp-nonce': '0123456789' });
    assert.equal(expired.status, 403);
    assert.equal(((await expired.json()) as { code: string }).code, 'rest_cookie_invalid_nonce');
    assert.equal((await browser.get(`${rest}/bans`)).status, 401);
    const unban = await browser.request(`${rest}/bans?ip=198.51.100.1`, { method: 'DELETE' });
    assert.equal(unban.status, 401);
    assert.equal(sockets.connections('echo') - before, 0);
    assert.equal((await browser.get(`${rest}/bans`, { 'x-wp-nonce': await nonce() })).status, 200);
  });

  test('a subscriber sees neither the screen nor what the daemon says', async () => {
    listenAt('echo');
    const before = sockets.connections('echo');
    const reader = createBrowser(origin);
    await reader.logIn('reader');
    assert.equal((await reader.get('/wp-admin/tools.php?page=portcullis')).status, 403);
    const page = await (await reader.get('/wp-admin/profile.php')).text();
    const own = /wpApiSettings = \{.*?"nonce":"([0-9a-f]+)"|createNonceMiddleware\( "([0-9a-f]+)" \)/.exec(
      page,
    );
    if (own !== null) {
      const answer = await reader.get(`${rest}/bans`, { 'x-wp-nonce': (own[1] ?? own[2])! });
      assert.equal(answer.status, 403);
    }
    assert.equal(sockets.connections('echo') - before, 0);
  });

  test('an unban without JavaScript needs its nonce, and says how it went', async () => {
    listenAt('refusing');
    const form = { action: 'portcullis_unban', ip: '198.51.100.1', network: '' };
    assert.equal((await browser.post('/wp-admin/admin-post.php', { ...form, _wpnonce: 'x' })).status, 403);
    const own = await loggedIn("echo wp_create_nonce( 'portcullis_unban198.51.100.1' );");
    const answer = await browser.post('/wp-admin/admin-post.php', { ...form, _wpnonce: own });
    assert.equal(answer.status, 302);
    const page = await (await browser.get(answer.headers.get('location')!)).text();
    assert.match(page, /notice-error[^>]*><p>Nothing listens on/);
    const forged = '/wp-admin/tools.php?page=portcullis&unbanned=1.2.3.4&said=Call%20this%20number&proof=x';
    assert.doesNotMatch(await (await browser.get(forged)).text(), /Call this number/);
  });

  /** Runs PHP with the browser's own session. */
  async function loggedIn(code: string): Promise<string> {
    const folder = join(wordpress.directory, 'wp-content/mu-plugins');
    writeFileSync(
      join(folder, 'once.php'),
      `<?php add_action( 'admin_init', function () { if ( isset( $_GET['once'] ) ) { ${code} exit; } } );`,
    );
    const answer = await (await browser.get('/wp-admin/index.php?once=1')).text();
    rmSync(join(folder, 'once.php'));
    return answer;
  }

  test('PHP without curl sends nothing and says what to install', async () => {
    listenAt('echo');
    const listener = createServer();
    const { environment } = wordpress;
    const { execa } = await import('execa');
    const { stdout } = await execa(
      'php',
      [
        ...['-d', 'disable_functions=curl_init,curl_exec'],
        join(import.meta.dirname, 'parts/run.php'),
        "$e = ( new Portcullis\\Daemon_Client() )->get( '/v1/status' ); echo $e->get_error_code(), ' ', $e->get_error_data()['command'];",
      ],
      { env: environment },
    );
    listener.close();
    assert.equal(stdout, 'portcullis_no_curl apt install php-curl');
  });

  test('nothing of this made PHP complain', () => assert.equal(wordpress.complaints(), ''));
});

describe('sites of different Unix users', { skip: namespacesLeftOut }, () => {
  test('each reaches its own socket, and is told whose the other is', async () => {
    await using host = await createHost();
    host.configure(`[firewall]
backend = "dry-run"
[sites.one]
domains = ["one.example"]
user = "www-data"
[sites.two]
domains = ["two.example"]
user = "nobody"`);
    letOthersIn(host.directory);
    await host.start();
    const socket = (id: string) => join(host.directory, `run/sites/${id}.sock`);
    await using wordpress = await createWordPress({ host: 'one.example', user: 'www-data' });
    const ask = (id: string) => {
      wordpress.define({ PORTCULLIS_SOCKET: socket(id) });
      return wordpress.run(
        "$site = ( new Portcullis\\Daemon_Client() )->get( '/v1/site' ); " +
          'echo is_array( $site ) ? $site["id"] : $site->get_error_message() . " " . $site->get_error_data()["command"];',
      );
    };
    assert.equal(await ask('one'), 'one');
    assert.equal(
      await ask('two'),
      `PHP runs as www-data, which may not open ${socket('two')}. The socket belongs to the user that this site is registered with. portcullis sites`,
    );
    await wordpress.run('( new Portcullis\\Circuit_Breaker() )->close();');
    assert.equal(
      await ask('three'),
      `The daemon runs, but does not know one.example. Register it on the host, as root. portcullis site add one.example --user www-data --wp ${wordpress.environment['BENCH_CORE']}`,
    );
  });

  test('in shared mode the token says which site asks, and a wrong one is told from a right one', async () => {
    await using host = await createHost();
    host.configure('[firewall]\nbackend = "dry-run"');
    letOthersIn(host.directory);
    await host.start();
    const { site, token } = await host.client.call('register', {
      body: { domains: ['one.example'], mode: 'shared' },
    });
    await using wordpress = await createWordPress({ host: 'one.example', user: 'www-data' });
    const ask = (secret: string) => {
      wordpress.define({ PORTCULLIS_SOCKET: site.socket, PORTCULLIS_TOKEN: secret });
      return wordpress.run(
        "$site = ( new Portcullis\\Daemon_Client() )->get( '/v1/site' ); " +
          'echo is_array( $site ) ? implode( " ", array( $site["id"], $site["mode"], ...$site["rights"] ) ) : $site->get_error_code() . ": " . $site->get_error_data()["command"];',
      );
    };
    assert.equal(await ask(token!), 'one.example shared view ask');
    assert.equal(await ask('wrong'), 'portcullis_bad_token: portcullis site token one.example');
  });
});

describe('other forms of WordPress', () => {
  test('as a must-use plugin it has its screen and its routes', async () => {
    await using wordpress = await createWordPress({ host: 'blog.example.com', mustUse: true });
    const said = await wordpress.run(
      "rest_get_server(); echo count( rest_get_server()->get_routes( 'portcullis/v1' ) ), ' ', plugins_url( 'build/index.js', Portcullis\\PLUGIN_FILE );",
    );
    assert.match(
      said,
      /^\d\d http:\/\/blog\.example\.com\/wp-content\/mu-plugins\/portcullis\/build\/index\.js$/,
    );
    assert.equal(wordpress.complaints(), '');
  });

  test('Site Health notices a setting that cuts the site’s name in the log, and only if it does', async () => {
    await using wordpress = await createWordPress({ host: 'blog.example.com' });
    const problems = (constants: Record<string, number>) => {
      wordpress.define(constants);
      return wordpress.run("echo implode( ' ', ( new Portcullis\\WP_Fail2Ban() )->problems() );");
    };
    assert.equal(await problems({}), '');
    assert.equal(await problems({ WP_FAIL2BAN_TRUNCATE_HOST: 16 }), '');
    assert.match(
      await problems({ WP_FAIL2BAN_TRUNCATE_HOST: 8 }),
      /^WP_FAIL2BAN_TRUNCATE_HOST cuts this site’s name in the log to 8 characters/,
    );
  });

  test('on MariaDB it works as on SQLite', async () => {
    await using wordpress = await createWordPress({
      host: 'blog.example.com',
      database: 'mariadb',
      multisite: 'subdomain',
    });
    const said = await wordpress.run(
      "( new Portcullis\\Daemon_Client( new Portcullis\\Connection( '/nobody.sock' ) ) )->get( '/v1/status' ); " +
        "echo implode( ' ', Portcullis\\Site::all_names() ), ' ', ( new Portcullis\\Circuit_Breaker() )->error()->get_error_code();",
    );
    assert.equal(said, 'blog.example.com shop.blog.example.com portcullis_paused');
    assert.equal(wordpress.complaints(), '');
  });

  test('the network admin has a screen for all sites', async () => {
    const port = await freePort();
    await using wordpress = await createWordPress({ host: `127.0.0.1:${port}`, multisite: 'subdirectory' });
    await wordpress.serve({ address: '127.0.0.1', port });
    const browser = createBrowser(wordpress.url);
    await browser.logIn();
    const screen = await browser.get('/wp-admin/network/settings.php?page=portcullis');
    assert.equal(screen.status, 200);
    assert.match(await screen.text(), /There is no socket \/run\/portcullis\/sites\/127\.0\.0\.1\.sock/);
    assert.equal((await browser.get('/wp-admin/network/index.php')).status, 200);
    assert.equal((await browser.get('/shop/wp-admin/tools.php?page=portcullis')).status, 200);
    const keeper = createBrowser(wordpress.url);
    await keeper.logIn('shopkeeper');
    assert.equal((await keeper.get('/shop/wp-admin/tools.php?page=portcullis')).status, 200);
    assert.equal((await keeper.get('/wp-admin/network/settings.php?page=portcullis')).status, 403);
    assert.equal(wordpress.complaints(), '');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
