import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Configuration, formatConfiguration, type Multisite } from './configuration.ts';
import { provideCore, type WordPressVersion } from './core.ts';
import { provideSqliteIntegration } from './sqlite-integration.ts';

export interface Installation {
  readonly directory: string;
  readonly version: WordPressVersion;
  readonly multisite: Multisite | null;
  readonly host: string;
  readonly database: Configuration['database'];
}

/** Login and password of the administrator; `reader`, a subscriber, and `shopkeeper`, who has a sub-site, have the same password. */
export const admin = { login: 'admin', password: 'correct horse battery staple' } as const;

const parts = join(import.meta.dirname, 'parts');

/** The content folder of a site: theme, stand-in for WP fail2ban, and no plugin yet. */
export function layOut(directory: string): void {
  const content = join(directory, 'wp-content');
  for (const name of ['plugins', 'uploads']) mkdirSync(join(content, name), { recursive: true });
  cpSync(join(import.meta.dirname, 'theme'), join(content, 'themes/bench'), { recursive: true });
  // Another user may not enter the checkout.
  cpSync(parts, join(directory, 'parts'), { recursive: true });
  cpSync(join(import.meta.dirname, 'mu-plugins'), join(content, 'mu-plugins'), { recursive: true });
}

/** What a PHP process of a site needs in its environment. */
export async function siteEnvironment({ directory, version, multisite, host }: Installation) {
  return {
    BENCH_PARTS: join(directory, 'parts'),
    BENCH_CORE: await provideCore(version),
    BENCH_SQLITE: await provideSqliteIntegration(),
    BENCH_WP_CONFIG: join(directory, 'wp-config.php'),
    BENCH_CONTENT: join(directory, 'wp-content'),
    BENCH_HOST: host,
    BENCH_FOLDERS: multisite === 'subdirectory' ? '1' : '',
  };
}

/** Writes the drop-in and the configuration of a site. */
export function configure(
  installation: Installation,
  multisite: Multisite | null,
  constants: Configuration['constants'] = {},
): void {
  const { directory, host, database } = installation;
  if (database.kind === 'sqlite') cpSync(join(parts, 'db.php'), join(directory, 'wp-content/db.php'));
  writeFileSync(
    join(directory, 'wp-config.php'),
    formatConfiguration({ host, directory, database, multisite, constants }),
  );
}

/** Installs WordPress with its own functions, which takes seconds. */
export async function install(installation: Installation): Promise<void> {
  const { multisite } = installation;
  const env = await siteEnvironment(installation);
  const step = (number: number) =>
    execa('php', [join(parts, 'install.php'), multisite ?? 'single', String(number)], { env });
  configure(installation, null);
  await step(1);
  if (multisite === null) return;
  await step(2);
  configure(installation, multisite);
  await step(3);
}
