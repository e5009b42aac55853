import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { createReportingDaemon } from '../support/reporting-daemon.ts';
import { createSlackServer } from '../support/slack-server.ts';
import { createWordPress, letOthersIn, pluginSources } from '../wordpress/wordpress.ts';

const skip = process.getuid?.() === 0 ? false : 'left out: a site’s files are its user’s, which needs root';
const user = 'games';

/** A host with a daemon, a web server's configuration, and one real WordPress of a user of its own. */
async function createServer() {
  await using undo = new AsyncDisposableStack();
  const daemon = undo.use(createReportingDaemon());
  letOthersIn(daemon.directory);
  daemon.configure('');
  await daemon.start();
  const wordpress = undo.use(
    await createWordPress({
      host: 'blog.example.com',
      user,
      plugin: null,
      constants: { PORTCULLIS_SOCKET: join(daemon.directory, 'run/sites/blog.example.com.sock') },
    }),
  );
  // Its core lies elsewhere; setup looks for this one.
  writeFileSync(join(wordpress.directory, 'wp-load.php'), '');
  const root = join(daemon.directory, 'host');
  const put = (path: string, text: string) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put(
    'etc/nginx/nginx.conf',
    `http { server { server_name blog.example.com www.blog.example.com; root ${wordpress.directory};
      location ~ .php$ { fastcgi_pass unix:/run/php/blog.sock; } } }`,
  );
  put('etc/php/8.2/fpm/pool.d/blog.conf', `[blog]\nuser = ${user}\nlisten = /run/php/blog.sock\n`);
  const config = join(daemon.directory, 'portcullis.toml');
  const webhook = join(daemon.directory, 'credentials/slack-webhook');
  const common = ['--root', root, '--config', config, '--webhook-path', webhook, '--plugin', pluginSources];
  const all = undo.move();
  return {
    daemon,
    wordpress,
    config,
    webhook,
    async setup(...argv: string[]) {
      const ran = await runCli(['--socket', daemon.socketPath, 'setup', ...common, ...argv, '--json']);
      assert.ok(ran.stdout !== '', ran.stderr);
      return { code: ran.code, text: ran.stdout, ...JSON.parse(ran.stdout) };
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

describe('setup on a host with a real daemon and a real WordPress', { skip }, () => {
  test('registers the site, brings the plugin, connects Slack, and the second time changes nothing', async () => {
    await using server = await createServer();
    await using slack = await createSlackServer();
    const { daemon, wordpress, config, webhook, setup } = server;
    const plugins = join(wordpress.directory, 'wp-content/plugins');
    const secret = join(daemon.directory, 'given');
    writeFileSync(secret, `${slack.url}\n`, { mode: 0o600 });
    const before = readFileSync(config, 'utf8');
    const listed = readdirSync(plugins);

    const dry = await setup('--dry-run', '--slack-webhook-file', secret);
    assert.equal(dry.code, 0, dry.text);
    assert.deepEqual(
      [dry.sites[0].registration, dry.sites[0].plugin, dry.slack.webhook],
      ['registered', 'installed', 'stored'],
    );
    assert.deepEqual([readFileSync(config, 'utf8'), readdirSync(plugins)], [before, listed]);
    assert.equal((await daemon.client.call('listRegistrations')).total, 0);

    const done = await setup('--yes', '--slack-webhook-file', secret);
    assert.equal(done.code, 0, done.text);
    const [site, ...others] = done.sites;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [site.id, site.domains, site.user, site.mode, site.registration, site.plugin],
      [
        'blog.example.com',
        ['blog.example.com', 'www.blog.example.com'],
        user,
        'isolated',
        'registered',
        'installed',
      ],
    );
    assert.ok(!done.text.includes(slack.url) && !done.text.includes('/services/'));
    assert.equal(statSync(webhook).mode & 0o777, 0o600);
    assert.notEqual(lstatSync(join(plugins, 'portcullis/portcullis.php')).uid, 0);

    // The plugin works, and speaks to the daemon through the socket of its user.
    const answer = await wordpress.run(`
      require_once ABSPATH . 'wp-admin/includes/plugin.php';
      activate_plugin( 'portcullis/portcullis.php' );
      wp_set_current_user( 1 );
      do_action( 'rest_api_init' );
      echo wp_json_encode( rest_do_request( new WP_REST_Request( 'GET', '/portcullis/v1/status' ) )->get_data() );`);
    assert.match(answer, /"healthy":true/, answer);

    const kept = readFileSync(config, 'utf8');
    const audit = (await daemon.client.call('listAudit')).total;
    const again = await setup('--yes', '--slack-webhook-file', secret);
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(
      [again.sites[0].registration, again.sites[0].plugin, again.slack.webhook],
      ['kept', 'kept', 'kept'],
    );
    assert.equal(readFileSync(config, 'utf8'), kept);
    assert.equal((await daemon.client.call('listAudit')).total, audit);

    await daemon.signal('SIGHUP');
    const sent = await runCli(['--socket', daemon.socketPath, 'slack', 'test']);
    assert.equal(sent.code, 0, sent.stdout + sent.stderr);
  });

  test('a link in place of the plugins’ folder lets its owner write nowhere that he could not', async () => {
    await using server = await createServer();
    const { daemon, wordpress, setup } = server;
    const plugins = join(wordpress.directory, 'wp-content/plugins');
    const others = join(daemon.directory, 'others');
    mkdirSync(others, { mode: 0o755 });
    rmSync(plugins, { recursive: true });
    symlinkSync(others, plugins);
    const { code, sites, text } = await setup('--yes');
    assert.equal(code, 1, text);
    assert.equal(sites[0].plugin, 'failed');
    assert.match(sites[0].left.join(' '), /The plugin was not installed/);
    assert.deepEqual(readdirSync(others), []);
  });
});

test('setup without a terminal asks for --yes or --dry-run', { skip }, async () => {
  const { code, stderr } = await runCli(['setup']);
  assert.equal(code, 2);
  assert.match(stderr, /There is no terminal to ask on\.\n {2}Say --yes/);
});
