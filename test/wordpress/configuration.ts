/** A value of a PHP constant. */
export type Constant = string | number | boolean;

export type Multisite = 'subdirectory' | 'subdomain';

export interface Configuration {
  /** With its port, where that is not 80. */
  readonly host: string;
  readonly directory: string;
  readonly database: { readonly kind: 'sqlite' } | { readonly kind: 'mariadb'; readonly socket: string };
  /** Only once its tables are there. */
  readonly multisite: Multisite | null;
  readonly constants: Readonly<Record<string, Constant>>;
}

/** The text of a site's `wp-config.php`. What a site logs lies in `debug.log` beside it. */
export function formatConfiguration(configuration: Configuration): string {
  const { host, directory, database, multisite } = configuration;
  const constants: Record<string, Constant> = {
    DB_NAME: 'wordpress',
    DB_USER: 'root',
    DB_PASSWORD: '',
    DB_HOST: database.kind === 'mariadb' ? `localhost:${database.socket}` : '',
    DB_CHARSET: 'utf8mb4',
    DB_COLLATE: '',
    DB_DIR: `${directory}/database/`,
    DB_FILE: '.ht.sqlite',
    WP_CONTENT_DIR: `${directory}/wp-content`,
    WP_DEBUG: true,
    WP_DEBUG_DISPLAY: false,
    WP_DEBUG_LOG: `${directory}/debug.log`,
    // Nothing of the site may leave the machine, or happen at times of its own.
    WP_HTTP_BLOCK_EXTERNAL: true,
    DISABLE_WP_CRON: true,
    AUTOMATIC_UPDATER_DISABLED: true,
    ...(multisite === null ? single(host) : network(host, multisite)),
    ...configuration.constants,
  };
  // Not secret: a site lives for a test.
  for (const key of ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'])
    for (const kind of ['KEY', 'SALT']) constants[`${key}_${kind}`] = `${key}-${kind}-of-${directory}`;
  const lines = Object.entries(constants).map(([name, value]) => `define( '${name}', ${phpValue(value)} );`);
  return `<?php\n${lines.join('\n')}\n$table_prefix = 'wp_';\n`;
}

const single = (host: string) => ({
  WP_HOME: `http://${host}`,
  WP_SITEURL: `http://${host}`,
  WP_CONTENT_URL: `http://${host}/wp-content`,
});

const network = (host: string, multisite: Multisite) => ({
  WP_ALLOW_MULTISITE: true,
  MULTISITE: true,
  SUBDOMAIN_INSTALL: multisite === 'subdomain',
  DOMAIN_CURRENT_SITE: host,
  PATH_CURRENT_SITE: '/',
  SITE_ID_CURRENT_SITE: 1,
  BLOG_ID_CURRENT_SITE: 1,
});

const phpValue = (value: Constant) =>
  typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&')}'` : String(value);
