import assert from 'node:assert/strict';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { readApache } from './apache.ts';
import { ConfigFiles } from './config-files.ts';
import { readPools } from './fpm-pools.ts';
import { findInstalls } from './installs.ts';
import { readNginx } from './nginx.ts';

/** A host's files; those of a web root come with a WordPress where they say so. */
function createTree(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'portcullis-setup-'));
  const put = (path: string, text: string) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text.replaceAll('@', root));
  };
  for (const [path, text] of Object.entries(files)) put(path, text);
  return {
    root,
    put,
    wordpress(path: string) {
      put(`${path}/wp-load.php`, '');
      put(`${path}/wp-config.php`, '');
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

const nginx = `# a comment with server { root /no; }
http {
  upstream php-blog { server unix:/run/php/blog.sock; }
  include /etc/nginx/sites-enabled/*;
}`;
const blog = `server {
  server_name blog.example.com WWW.blog.example.com *.any.example ~^x\\d+$ _;
  root "@/www/blog";
  if ($host = 'a;{b') { return 301; }
  location ~ \\.php$ { include snippets/php.conf; fastcgi_pass php-blog; }
}`;
const shop =
  'server { listen 443 ssl; server_name .shop.example; root @/www/shop; location / { fastcgi_pass unix:/run/php/shop.sock; } }';
const pools = {
  'etc/php/8.2/fpm/pool.d/blog.conf':
    '; x\n[blog]\nuser = blog\ngroup = blog\nlisten = /run/php/$pool.sock\n',
  'etc/php/8.2/fpm/pool.d/shop.conf': '[shop]\nuser = "shop" ; who\nlisten = /run/php/shop.sock\n',
};
const etc = {
  'etc/nginx/nginx.conf': nginx,
  'etc/nginx/sites-enabled/blog': blog,
  'etc/nginx/sites-enabled/shop': shop,
  'etc/nginx/snippets/php.conf': 'fastcgi_index index.php;',
  ...pools,
};

describe('finding WordPress', () => {
  test('nginx: servers with their names, roots and pools, through includes and upstreams', () => {
    using tree = createTree(etc);
    const [first, second, ...more] = readNginx(new ConfigFiles(tree.root));
    assert.deepEqual(more, []);
    assert.deepEqual(first, {
      server: 'nginx',
      file: '/etc/nginx/sites-enabled/blog',
      names: ['blog.example.com', 'www.blog.example.com'],
      root: `${tree.root}/www/blog`,
      php: ['/run/php/blog.sock'],
      user: null,
    });
    assert.deepEqual([second?.names, second?.php], [['shop.example'], ['/run/php/shop.sock']]);
  });

  test('a file that includes itself, and braces that do not close, end', () => {
    using tree = createTree({ 'etc/nginx/nginx.conf': 'include nginx.conf; server { root /x; {{{ "' });
    assert.ok(readNginx(new ConfigFiles(tree.root)).length > 0);
  });

  test('Apache: vhosts with aliases, the socket of PHP-FPM, and suexec', () => {
    using tree = createTree({
      'etc/apache2/apache2.conf': 'IncludeOptional sites-enabled/*.conf\nDocumentRoot /var/www\n',
      'etc/apache2/sites-enabled/a.conf': `<VirtualHost *:80>
  ServerName Blog.example.com:80
  ServerAlias www.blog.example.com \\
    m.blog.example.com
  DocumentRoot "@/www/blog/"
  <FilesMatch "\\.php$">
    SetHandler "proxy:unix:/run/php/blog.sock|fcgi://localhost/"
  </FilesMatch>
</VirtualHost>
# <VirtualHost *:80>
<VirtualHost *:443>
  ServerName shop.example
  DocumentRoot @/www/shop
  AssignUserID shop shop
</VirtualHost>`,
    });
    const found = readApache(new ConfigFiles(tree.root));
    assert.deepEqual(
      found.map(({ names, root, php, user }) => [names, root.slice(tree.root.length), php, user]),
      [
        [
          ['blog.example.com', 'www.blog.example.com', 'm.blog.example.com'],
          '/www/blog',
          ['/run/php/blog.sock'],
          null,
        ],
        [['shop.example'], '/www/shop', [], 'shop'],
      ],
    );
  });

  test('each WordPress is found with the user of its pool, also in a folder of a root', () => {
    using tree = createTree(etc);
    for (const path of ['www/blog', 'www/shop/de', 'www/elsewhere']) tree.wordpress(path);
    const files = new ConfigFiles(tree.root);
    const found = findInstalls(readNginx(files), readPools(files), () => null);
    assert.deepEqual(
      found.map(({ path, domains, user }) => [path.slice(tree.root.length), domains, user]),
      [
        ['/www/blog', ['blog.example.com', 'www.blog.example.com'], 'blog'],
        ['/www/shop/de', ['shop.example/de'], 'shop'],
      ],
    );
    assert.deepEqual(files.troubles, []);
  });

  test('a vhost of its own says more than one whose folder holds it', () => {
    using tree = createTree(etc);
    tree.wordpress('www/blog');
    tree.put(
      'etc/nginx/sites-enabled/all',
      'server { server_name host.example; root @/www; fastcgi_pass unix:/run/php/shop.sock; }',
    );
    const files = new ConfigFiles(tree.root);
    const [found, ...more] = findInstalls(readNginx(files), readPools(files), () => null);
    assert.deepEqual([found?.user, found?.domains[0], more], ['blog', 'blog.example.com', []]);
  });

  test('links that a site’s owner laid lead nowhere', () => {
    using tree = createTree(etc);
    tree.wordpress('private/other');
    mkdirSync(join(tree.root, 'www/blog'), { recursive: true });
    symlinkSync(join(tree.root, 'private/other'), join(tree.root, 'www/blog/sub'));
    symlinkSync('/etc/passwd', join(tree.root, 'www/blog/wp-config.php'));
    tree.put('www/blog/wp-load.php', '');
    const files = new ConfigFiles(tree.root);
    assert.deepEqual(
      findInstalls(readNginx(files), readPools(files), () => null),
      [],
    );
  });

  test('without a pool it is the owner of the files, and nobody where they have several or root’s', (context) => {
    if (process.getuid?.() !== 0) return context.skip('chown needs root');
    using tree = createTree({
      ...etc,
      'etc/php/8.2/fpm/pool.d/blog.conf': '',
      'etc/php/8.2/fpm/pool.d/shop.conf': '',
    });
    tree.wordpress('www/blog');
    const find = () => {
      const files = new ConfigFiles(tree.root);
      return findInstalls(readNginx(files), readPools(files), (uid) => `u${uid}`)[0]?.user;
    };
    assert.equal(find(), null);
    chownSync(join(tree.root, 'www/blog'), 4711, 4711);
    assert.equal(find(), null);
    chownSync(join(tree.root, 'www/blog/wp-load.php'), 4711, 4711);
    assert.equal(find(), 'u4711');
  });

  test('a vhost file that is not root’s decides nothing', (context) => {
    if (process.getuid?.() !== 0) return context.skip('chown needs root');
    using tree = createTree(etc);
    chownSync(join(tree.root, 'etc/nginx/sites-enabled/shop'), 4711, 4711);
    const files = new ConfigFiles(tree.root);
    assert.equal(readNginx(files).length, 1);
    assert.deepEqual(files.troubles, ['/etc/nginx/sites-enabled/shop does not belong to root.']);
  });
});
