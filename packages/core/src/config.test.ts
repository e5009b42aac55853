import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigFile, defaultConfig } from '@portcullis/contracts';
import { Ajv } from 'ajv';
import { stringify } from 'smol-toml';
import { parseConfig, standardConfig } from './config.ts';

const paths = (text: string) => parseConfig(text).problems.map(({ path }) => path);
const only = (text: string) => {
  const { problems } = parseConfig(text);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems[0]!;
};

test('the schema of the configuration is one by the strictest reading', () => {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true });
  assert.equal(ajv.validateSchema(ConfigFile as object), true, ajv.errorsText());
  ajv.compile(ConfigFile as object);
});

test('an empty file, the defaults written out, and no file are the same', () => {
  assert.deepEqual(parseConfig('').config, standardConfig());
  assert.deepEqual(parseConfig(stringify(defaultConfig)).config, standardConfig());
});

test('every key is read, in milliseconds', () => {
  const { config, problems } = parseConfig(`
state_dir = "/srv/state"
run_dir = "/srv/run"
[log]
source = "file"
files = ["/var/log/auth.log", "/srv/*/auth.log"]
[defaults]
maxretry = 5
findtime = "1h30m"
bantime = 600
ignoreip = ["198.51.100.0/24", "2001:db8::1", "office.example.com"]
ipv6_prefix = 56
ipv4_prefix = 24
bantime_increment = true
bantime_factor = 1.5
bantime_multipliers = [1, 5, 30]
bantime_maxtime = "4w"
bantime_rndtime = "10m"
bantime_overalljails = true
max_tracked = 5000
[jails.wordpress]
filter = ["wordpress-hard"]
maxretry = 1
bantime = -1
[jails.off]
enabled = false
[jails.addons]
filter = ["wordpress-addons"]
findtime = "30s"
[firewall]
backend = "iptables"
chains = ["INPUT", "FORWARD"]
ports = ["http", 8443, "9000:9010"]
protocols = ["tcp"]
reject_with = "tcp-reset"
on_stop = "remove"
[retention]
history = "1d"
failures = "2d"
audit = -1
[slack]
webhook_url_file = "/etc/portcullis/webhook"
channel = "#ops"
`);
  assert.deepEqual(problems, []);
  const shared = {
    ignoreip: ['198.51.100.0/24', '2001:db8::1', 'office.example.com'],
    key: 'address',
    ipv4Prefix: 24,
    ipv6Prefix: 56,
    increment: true,
    factor: 1.5,
    multipliers: [1, 5, 30],
    maxtime: 4 * 7 * 86_400_000,
    rndtime: 600_000,
    overalljails: true,
    maxTracked: 5000,
  };
  assert.partialDeepStrictEqual(config, {
    stateDir: '/srv/state',
    runDir: '/srv/run',
    log: { source: 'file', files: ['/var/log/auth.log', '/srv/*/auth.log'] },
    jails: [
      {
        name: 'wordpress',
        filters: ['wordpress-hard'],
        maxretry: 1,
        findtime: 5_400_000,
        bantime: null,
        ...shared,
      },
      {
        name: 'addons',
        filters: ['wordpress-addons'],
        maxretry: 5,
        findtime: 30_000,
        bantime: 600_000,
        ...shared,
      },
    ],
    firewall: {
      backend: 'iptables',
      chains: ['INPUT', 'FORWARD'],
      ports: ['http', '8443', '9000:9010'],
      protocols: ['tcp'],
      rejectWith: 'tcp-reset',
      closeConnections: true,
    },
    onStop: 'remove',
    retention: { history: 86_400_000, failures: 2 * 86_400_000, audit: null },
  });
  assert.deepEqual(
    config!.jails.map(({ name }) => name),
    ['wordpress', 'addons'],
  );
});

test('ten mistakes are ten problems, each with its path, the value and what is allowed', () => {
  const { config, problems } = parseConfig(`
state_dir = "var/lib"
colour = "blue"
[log]
source = "syslog"
[defaults]
maxretry = 0
findtime = "3 hours"
bantime = 0
ignoreip = ["198.51.100.300"]
ipv6_prefix = 24
[jails.wordpress]
filter = ["wordpress-medium"]
[firewall]
ports = [70000]
`);
  assert.equal(config, null);
  const found = problems
    .map(({ path, value, message }) => `${path} = ${JSON.stringify(value)}: ${message}`)
    .sort();
  const expected = [
    /^colour = "blue": unknown; allowed here: state_dir, run_dir, log, /,
    /^defaults\.bantime = 0: must be longer than 0$/,
    /^defaults\.findtime = "3 hours": must be a duration: /,
    /^defaults\.ignoreip\[0\] = "198\.51\.100\.300": must be an address, a network \(CIDR\) or a host name$/,
    /^defaults\.ipv6_prefix = 24: must be from 32 to 128$/,
    /^defaults\.maxretry = 0: must be from 1 to 1000$/,
    /^firewall\.ports\[0\] = 70000: must be a port number/,
    /^jails\.wordpress\.filter\[0\] = "wordpress-medium": must be one of wordpress-hard, /,
    /^log\.source = "syslog": must be one of auto, file, journal$/,
    /^state_dir = "var\/lib": must be an absolute path/,
  ];
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern);
});

test('a file that is not TOML says where', () => {
  const { path, message } = only('[log]\nsource = auto\n');
  assert.equal(path, '');
  assert.match(message, /^line 2, column \d+: not TOML: \w/);
  assert.match(only('a = 1\na = 2').message, /^line 2, column \d+: not TOML: /);
  assert.match(only('\0').message, /^line 1, column \d+: not TOML: /);
});

test('each rule refuses what makes no sense', () => {
  const cases: [text: string, path: string, message: RegExp][] = [
    ['[defaults]\nfindtime = -1', 'defaults.findtime', /for ever/],
    ['[defaults]\nfindtime = "53w"', 'defaults.findtime', /at most 52w/],
    ['[defaults]\nfindtime = 0', 'defaults.findtime', /longer than 0/],
    ['[defaults]\nbantime = "0s"', 'defaults.bantime', /longer than 0/],
    ['[defaults]\nbantime = "9999999999w"', 'defaults.bantime', /at most 100 years/],
    ['[defaults]\nbantime_maxtime = 0', 'defaults.bantime_maxtime', /longer than 0/],
    ['[defaults]\nbantime_rndtime = -1', 'defaults.bantime_rndtime', /for ever/],
    ['[defaults]\nbantime_factor = 0', 'defaults.bantime_factor', /greater than 0/],
    ['[defaults]\nbantime_factor = inf', 'defaults.bantime_factor', /./],
    ['[defaults]\nbantime_multipliers = [1, -1]', 'defaults.bantime_multipliers[1]', /greater than 0/],
    ['[defaults]\nmaxretry = 2.5', 'defaults.maxretry', /whole number/],
    ['[defaults]\nmaxretry = "3"', 'defaults.maxretry', /whole number/],
    ['[defaults]\nbantime_increment = "yes"', 'defaults.bantime_increment', /boolean/],
    ['[defaults]\nignoreip = "10.0.0.1"', 'defaults.ignoreip', /a list/],
    ['[defaults]\nignoreip = ["10.0.0.0/33"]', 'defaults.ignoreip[0]', /address/],
    ['[defaults]\nignoreip = ["10.0.0.1", "1.2.3"]', 'defaults.ignoreip[1]', /address/],
    ['[defaults]\nignoreip = ["-a.example"]', 'defaults.ignoreip[0]', /host name/],
    ['[jails.wordpress]\nfindtime = 0', 'jails.wordpress.findtime', /longer than 0/],
    ['[jails.wordpress]\nfilter = []', 'jails.wordpress.filter', /not be empty/],
    ['[jails.wordpress]\nmaxretries = 3', 'jails.wordpress.maxretries', /unknown; allowed here: .*maxretry/],
    ['[jails.Wordpress]\nmaxretry = 3', 'jails.Wordpress', /1 to 17 of a-z/],
    ['[jails.a-name-that-is-too-long]\nmaxretry = 3', 'jails.a-name-that-is-too-long', /1 to 17/],
    ['[jails.wordpress-v6]\nmaxretry = 3', 'jails.wordpress-v6', /-v6/],
    ['[jails.wordpress]\nenabled = false', 'jails', /at least one/],
    ['[defaults]\nipv4_prefix = 15', 'defaults.ipv4_prefix', /from 16 to 32/],
    ['[jails.a]\nkey = "name"', 'jails.a.key', /one of address, system, user/],
    ['[jails.a]\n[jails.b]\nkey = "user"\nmaxretry = 4', 'jails.b.maxretry', /at least 5 with key = "user"/],
    ['[jails.a]\n[jails.b]\nkey = "system"', 'jails.b.maxretry', /at least 5 with key = "system"/],
    [
      '[defaults]\nbantime = -1\n[jails.a]\n[jails.b]\nkey = "user"\nmaxretry = 20',
      'jails.b.bantime',
      /cannot be for ever/,
    ],
    [
      '[jails.a]\n[jails.b]\nkey = "user"\nmaxretry = 20\nfilter = ["wordpress-addons"]',
      'jails.b.filter',
      /no message that names a user/,
    ],
    ['[jails.a]\nkey = "user"\nmaxretry = 20', 'jails', /must have key = "address"/],
    ['[defaults]\nkey = "user"\nmaxretry = 20', 'jails', /must have key = "address"/],
    [
      '[jails.a]\nenabled = false\n[jails.b]\nkey = "system"\nmaxretry = 20',
      'jails',
      /must have key = "address"/,
    ],
    ['jails = {}', 'jails', /at least one/],
    ['[firewall]\nchains = ["INPUT", "INPUT"]', 'firewall.chains', /twice/],
    ['[firewall]\nchains = ["IN PUT"]', 'firewall.chains[0]', /./],
    ['[firewall]\nports = ["9000:8000"]', 'firewall.ports[0]', /low:high/],
    ['[firewall]\nports = ["0:10"]', 'firewall.ports[0]', /1 to 65535/],
    ['[firewall]\nports = ["1:2","3:4","5:6","7:8","9:10","11:12","13:14","15:16"]', 'firewall.ports', /15/],
    ['[firewall]\nprotocols = ["udp"]\nreject_with = "tcp-reset"', 'firewall.reject_with', /tcp/],
    [`run_dir = "/${'r'.repeat(55)}"`, 'run_dir', /at most 55 bytes/],
    ['[log]\nfiles = []', 'log.files', /not be empty/],
    ['[log]\nfiles = ["auth.log"]', 'log.files[0]', /absolute path/],
    ['log = "auth.log"', 'log', /table/],
    ['[retention]\nhistory = "soon"', 'retention.history', /duration/],
    [
      '[slack]\nwebhook_url = "https://hooks.slack.com/services/T0/secret"\nwebhook_url_file = "/x"',
      'slack.webhook_url',
      /only one/,
    ],
  ];
  for (const [text, path, message] of cases) {
    const problem = only(text);
    assert.equal(problem.path, path, text);
    assert.match(problem.message, message, text);
  }
});

test('a secret never shows in a problem, even under a misspelled name', () => {
  const url = '"https://hooks.slack.com/services/T0/secret"';
  for (const keys of [
    `webhook_url = ${url}\nwebhook_url_file = "/x"`,
    `webhook_uri = ${url}`,
    `webhook_url = [${url}]`,
  ]) {
    const { problems } = parseConfig(`[slack]\n${keys}`);
    assert.equal(problems.length, 1);
    assert.doesNotMatch(JSON.stringify(problems), /secret/);
  }
});

test('what a jail leaves out it takes from the defaults, and every problem of every jail is told', () => {
  const { config } = parseConfig('[defaults]\nmaxretry = 7\n[jails.one]\n[jails.two]\nmaxretry = 1');
  assert.deepEqual(
    config!.jails.map(({ maxretry }) => maxretry),
    [7, 1],
  );
  assert.deepEqual(paths('[jails.one]\nmaxretry = 0\n[jails.two]\nfindtime = 0\nbantime = "x"').sort(), [
    'jails.one.maxretry',
    'jails.two.bantime',
    'jails.two.findtime',
  ]);
});

test('names that mean something to JavaScript mean nothing here', () => {
  assert.deepEqual(
    parseConfig('[jails.constructor]').config!.jails.map(({ name }) => name),
    ['constructor'],
  );
  assert.deepEqual(paths('[__proto__]\nmaxretry = 1'), ['__proto__']);
  assert.deepEqual(paths('[defaults.toString]\nx = 1'), ['defaults.toString']);
});

test('a registered site has the rights of its mode where it names none', () => {
  const { config } = parseConfig(`
[sites.shop]
domains = ["shop.example.com", "example.com/shop"]
user = "shop"
[sites."example.com"]
domains = ["example.com"]
mode = "shared"
wp = "/var/www/example"
[panel]
shared_group = "web"
`);
  assert.deepEqual(config?.sites, [
    {
      id: 'shop',
      domains: ['shop.example.com', 'example.com/shop'],
      user: 'shop',
      mode: 'isolated',
      rights: ['view', 'unban', 'allow', 'ask'],
      wp: null,
    },
    {
      id: 'example.com',
      domains: ['example.com'],
      user: null,
      mode: 'shared',
      rights: ['view', 'ask'],
      wp: '/var/www/example',
    },
  ]);
  assert.equal(config?.sharedGroup, 'web');
});

test('sites that cannot be told apart or have no owner are refused', () => {
  const { problems } = parseConfig(`
[sites.shared]
domains = ["example.com"]
user = "one"
[sites.two]
domains = ["example.com", "Example.org", "example.org."]
[sites."../three"]
domains = []
user = "-rf"
rights = ["view", "ban"]
`);
  assert.deepEqual(problems.map(({ path }) => path).sort(), [
    'sites.../three',
    'sites.../three.domains',
    'sites.../three.rights[1]',
    'sites.../three.user',
    'sites.shared',
    'sites.two.domains[0]',
    'sites.two.domains[1]',
    'sites.two.domains[2]',
    'sites.two.user',
  ]);
});

test('a port name that the host does not know is a problem, where somebody says what it knows', () => {
  const text = '[firewall]\nports = ["http", "htps", 8080, "8000:8010"]';
  assert.deepEqual(parseConfig(text).problems, []);
  const { problems } = parseConfig(text, { hasService: (name) => name === 'http' });
  assert.deepEqual(
    problems.map(({ path, value }) => [path, value]),
    [['firewall.ports[1]', 'htps']],
  );
});

test('a jail that counts by name or by system stands beside one that counts by address', () => {
  const { config, problems } = parseConfig(
    '[defaults]\nkey = "user"\nmaxretry = 20\n[jails.names]\n[jails.usual]\nkey = "address"\nmaxretry = 1\nbantime = -1',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    config!.jails.map(({ name, key, maxretry }) => [name, key, maxretry]),
    [
      ['names', 'user', 20],
      ['usual', 'address', 1],
    ],
  );
});
