import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { cached } from './cache.ts';
import type { Multisite } from './configuration.ts';
import type { WordPressVersion } from './core.ts';
import { install, layOut } from './install.ts';

const templateHost = 'template.example';

/**
 * Puts the database of a fresh WordPress into `directory`: installed once for each version and form, then copied, with the
 * host's name replaced.
 */
export async function copyDatabase(
  directory: string,
  version: WordPressVersion,
  multisite: Multisite | null,
  host: string,
): Promise<void> {
  const template = await provideTemplate(version, multisite);
  cpSync(join(template, 'database'), join(directory, 'database'), { recursive: true });
  using database = new DatabaseSync(join(directory, 'database/.ht.sqlite'));
  const columns = multisite === null ? ['wp_options.option_value'] : columnsWithHost;
  database.exec('BEGIN');
  for (const [table, column] of columns.map((name) => name.split('.')))
    database
      .prepare(`UPDATE ${table} SET ${column} = replace(${column}, ?, ?) WHERE ${column} LIKE ?`)
      .run(templateHost, host, `%${templateHost}%`);
  database.exec('COMMIT');
}

const columnsWithHost = [
  'wp_options.option_value',
  'wp_2_options.option_value',
  'wp_blogs.domain',
  'wp_site.domain',
  'wp_sitemeta.meta_value',
];

/** Made anew when what installs it changes. */
const recipe = createHash('sha256')
  .update(readFileSync(join(import.meta.dirname, 'parts/install.php')))
  .update(readFileSync(join(import.meta.dirname, 'install.ts')))
  .digest('hex')
  .slice(0, 8);

const provideTemplate = (version: WordPressVersion, multisite: Multisite | null): Promise<string> =>
  cached(`site-${version}-${multisite ?? 'single'}-${recipe}`, async (directory) => {
    mkdirSync(join(directory, 'database'));
    layOut(directory);
    await install({ directory, version, multisite, host: templateHost, database: { kind: 'sqlite' } });
  });
