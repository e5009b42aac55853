import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { type Container, containersLeftOut, createContainer } from '../support/container.ts';
import { debianPackage } from '../support/debian-package.ts';
import { createNamespace, type NetworkNamespace } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';
import { formatConfiguration } from '../wordpress/configuration.ts';
import { provideCore } from '../wordpress/core.ts';
import { layOut } from '../wordpress/install.ts';
import { provideSqliteIntegration } from '../wordpress/sqlite-integration.ts';
import { copyDatabase } from '../wordpress/template.ts';

const version = '6.8';
const address = '198.51.100.1';
const attacker = '198.51.100.7';
const visitor = '198.51.100.8';
const secret = 'hush-hush-hush';
const sites = [
  { user: 'site1', host: 'blog.example.com' },
  { user: 'site2', host: 'shop.example.com' },
] as const;

/** What an administrator has before Portcullis: nginx, a pool of PHP-FPM and a WordPress for each of two users. */
async function layOutSites(container: Container): Promise<void> {
  const php = (await container.run('php', '-r', 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;')).trim();
  for (const { user, host } of sites) {
    const directory = `/srv/${user}`;
    const draft = mkdtempSync(path.join(tmpdir(), 'setup-'));
    try {
      cpSync(await provideCore(version), draft, { recursive: true });
      cpSync(await provideSqliteIntegration(), path.join(draft, 'sqlite'), { recursive: true });
      layOut(draft);
      cpSync(
        path.join(import.meta.dirname, '../wordpress/parts/db.php'),
        path.join(draft, 'wp-content/db.php'),
      );
      mkdirSync(path.join(draft, 'database'), { recursive: true });
      await copyDatabase(draft, version, null, host);
      const configuration = formatConfiguration({
        host,
        directory,
        database: { kind: 'sqlite' },
        multisite: null,
        constants: {},
      });
      const end =
        "if ( ! defined( 'ABSPATH' ) ) define( 'ABSPATH', __DIR__ . '/' );\nrequire_once ABSPATH . 'wp-settings.php';\n";
      writeFileSync(path.join(draft, 'wp-config.php'), configuration + end);
      cpSync(draft, container.file(directory), { recursive: true });
    } finally {
      rmSync(draft, { recursive: true });
    }
    await container.run('useradd', '--system', '--home-dir', directory, user);
    await container.run('chown', '-R', `${user}:${user}`, directory);
    await container.run('chmod', '755', directory);
    writeFileSync(
      container.file(`/etc/php/${php}/fpm/pool.d/${user}.conf`),
      `[${user}]\nuser = ${user}\ngroup = ${user}\nlisten = /run/php/${user}.sock\nlisten.owner = www-data
pm = static\npm.max_children = 2\nenv[BENCH_SQLITE] = ${directory}/sqlite\n`,
    );
    writeFileSync(
      container.file(`/etc/nginx/sites-enabled/${user}`),
      `server { listen 80; server_name ${host} www.${host}; root ${directory}; index index.php;
  location ~ \\.php$ { include fastcgi_params; fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_pass unix:/run/php/${user}.sock; } }\n`,
    );
  }
  await container.run('systemctl', 'restart', 'nginx', `php${php}-fpm`);
}

/** Connects the container with a network that attackers are in. */
async function connect(container: Container, outside: NetworkNamespace): Promise<void> {
  const inner = container.network.name;
  await outside.run('ip', 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'web', 'netns', inner);
  for (const ip of [attacker, visitor]) await outside.run('ip', 'addr', 'add', `${ip}/24`, 'dev', 'out');
  await outside.run('ip', 'link', 'set', 'out', 'up');
  await container.network.run('ip', 'addr', 'add', `${address}/24`, 'dev', 'web');
  await container.network.run('ip', 'link', 'set', 'web', 'up');
}

/** As Debian 13 is by itself: the journal is the only log. */
async function removeRsyslog(container: Container): Promise<void> {
  await container.run('dpkg', '--purge', 'rsyslog');
  await container.run('find', '/var/log', '-maxdepth', '1', '-type', 'f', '-name', '*log', '-delete');
}

/** Something on loopback that answers as Slack does, and keeps what it got in /srv/slack/posts. @returns its webhook */
async function answerAsSlack(container: Container): Promise<string> {
  mkdirSync(container.file('/srv/slack'));
  writeFileSync(
    container.file('/srv/slack/answer.php'),
    '<?php file_put_contents("/srv/slack/posts", file_get_contents("php://input") . "\n", FILE_APPEND); echo "ok";',
  );
  await container.run('systemd-run', '--quiet', 'php', '-S', '127.0.0.1:8099', '/srv/slack/answer.php');
  await waitFor('Slack answers', () => container.run('bash', '-c', ': </dev/tcp/127.0.0.1/8099'));
  return `http://127.0.0.1:8099/services/T0/B0/${secret}`;
}

/** The commands of a page's nth block, as its reader gives them. */
function commandsOf(page: string, block: number): string[] {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs', page), 'utf8');
  const found = [...text.matchAll(/```sh\n(.*?)```/gs)][block]![1]!;
  return found.split('\n').flatMap((line) => line.replace(/ +#.*/, '').trim() || []);
}

test('from a server with two sites to a refused attacker in each panel’s answer: install, setup, attack', {
  skip: containersLeftOut,
}, async () => {
  await using container = await createContainer('trixie');
  await using outside = await createNamespace();
  await connect(container, outside);
  await removeRsyslog(container);
  await layOutSites(container);
  const follow = (command: string) =>
    container.run('sh', '-c', `cd /root; sudo() { "$@"; }; ${command}`, 'sh');
  const deb = await debianPackage();
  cpSync(deb, container.file(`/root/${path.basename(deb)}`));
  const [install, ...afterwards] = commandsOf('install.md', 0);
  assert.match(install!, /apt install/);
  await follow(install!);
  await waitFor('the daemon answers', async () => container.run('portcullis', 'status', '--json'), {
    timeout: 30_000,
  });
  for (const command of afterwards) await follow(command);
  const { log } = JSON.parse(await container.run('portcullis', 'status', '--json'));
  assert.deepEqual(
    log.map((one: Record<string, unknown>) => one['path']),
    ['journal'],
  );

  const setup = async () => JSON.parse(await container.run('portcullis', 'setup', '--yes', '--json'));
  const done = await setup();
  assert.deepEqual(
    done.sites.map((site: Record<string, unknown>) => [
      site['user'],
      site['mode'],
      site['registration'],
      site['plugin'],
    ]),
    sites.map(({ user }) => [user, 'isolated', 'registered', 'installed']),
    JSON.stringify(done),
  );
  const again = await setup();
  assert.deepEqual(
    again.sites.map((site: Record<string, unknown>) => [site['registration'], site['plugin']]),
    sites.map(() => ['kept', 'kept']),
  );

  // The commands of the page, without the one that asks; Slack is on loopback here.
  const webhook = await answerAsSlack(container);
  writeFileSync(container.file('/root/webhook'), `${webhook}\n`, { mode: 0o600 });
  const [asking, ...scripted] = commandsOf('install.md', 1);
  assert.equal(asking, 'sudo portcullis setup');
  for (const command of scripted) await follow(command);
  const posts = () => container.run('cat', '/srv/slack/posts');
  assert.match(await posts(), /can reach you/);
  // The other way to the same file: systemd hands it over.
  const toml = '/etc/portcullis/portcullis.toml';
  const key = '/^webhook_credential/d; s|^webhook_url_file = "/.*"|webhook_credential = "slack-webhook"|';
  await container.run('sed', '-i', key, toml);
  assert.match(await container.run('cat', toml), /^webhook_credential = "slack-webhook"/m);
  await container.run('systemctl', 'restart', 'portcullis');
  const before = (await posts()).length;
  await container.run('portcullis', 'slack', 'test');
  assert.ok((await posts()).length > before);

  const logIn = (from = attacker) =>
    outside.run(
      ...(['curl', '--silent', '--max-time', '20', '--header', `Host: ${sites[0].host}`] as const),
      ...(['--interface', from] as const),
      ...['--data', 'log=admin&pwd=wrong', `http://${address}/wp-login.php`],
    );
  for (let i = 0; i < 3; i++) assert.match(await logIn(), /Error/);
  await waitFor(
    'the attacker is refused',
    () =>
      logIn().then(
        () => false,
        () => true,
      ),
    { timeout: 30_000 },
  );

  assert.match(await logIn(visitor), /Error/);
  await waitFor('Slack hears of it', async () => (await posts()).includes(`${attacker} is banned`), {
    timeout: 30_000,
  });
  const journal = await container.run('journalctl', '--no-pager', '--unit=portcullis');
  assert.ok(!journal.includes(secret));

  /** What the panel of a site lists, asked for inside of its WordPress. */
  const panel = async ({ user, host }: (typeof sites)[number]) => {
    const code = `$_SERVER["HTTP_HOST"]="${host}"; require "/srv/${user}/wp-load.php";
      require_once ABSPATH . "wp-admin/includes/plugin.php"; activate_plugin("portcullis/portcullis.php");
      wp_set_current_user(1); do_action("rest_api_init");
      echo wp_json_encode(rest_do_request(new WP_REST_Request("GET", "/portcullis/v1/bans"))->get_data());`;
    const who = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'] as const;
    const guarded = `try { ${code} } catch (Throwable $error) { echo $error; }`;
    return container.run(...who, 'env', `BENCH_SQLITE=/srv/${user}/sqlite`, 'php', '-r', guarded);
  };
  assert.match(await panel(sites[0]), new RegExp(attacker.replaceAll('.', '\\.')));
  assert.doesNotMatch(await panel(sites[1]), new RegExp(attacker.replaceAll('.', '\\.')));

  const { findings } = JSON.parse(await container.run('portcullis', 'doctor', '--json'));
  const errors = findings.filter(({ level }: { level: string }) => level === 'error');
  assert.deepEqual(errors, []);
});
