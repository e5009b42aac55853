import type { Client } from '@portcullis/client';
import { PortcullisError } from '@portcullis/contracts';
import type { Exec } from '@portcullis/daemon/offline';
import type { SitePlan } from './plan.ts';
import { installedVersion, installPlugin, type PluginFiles, type PluginResult } from './plugin.ts';
import { createAsUser } from './site-user.ts';

/** What was done about one WordPress; in a dry run, what would be. */
export interface SiteDone {
  readonly path: string;
  readonly domains: readonly string[];
  readonly user: string | null;
  /** How the user is known. */
  readonly user_from: string;
  readonly id: string | null;
  readonly mode: 'isolated' | 'shared';
  readonly registration: 'registered' | 'kept' | 'failed' | 'left';
  readonly plugin: PluginResult['did'] | 'failed' | 'left';
  /** A new token, told this once; null where the site needs none or has one. */
  readonly token: string | null;
  /** What is left to a person. */
  readonly left: readonly string[];
}

export interface SiteWork {
  readonly client: Client;
  readonly exec: Exec;
  /** Null: the plugin is left alone. */
  readonly plugin: PluginFiles | null;
  readonly mustUse: boolean;
  readonly wpCli: string | null;
  readonly dryRun: boolean;
}

/** Carries out what is planned for one site. What fails is told, and keeps no other site from its own. */
export async function setUpSite(plan: SitePlan, work: SiteWork): Promise<SiteDone> {
  const { install, mode } = plan;
  const left = [...plan.left];
  const { path, domains, user, how } = install;
  const done = { path, domains, user, user_from: how, mode };
  const { id, registration, token } = await register(plan, work, left);
  if (token !== null) {
    left.push(`Into ${path}/wp-config.php goes: define( 'PORTCULLIS_TOKEN', '${token}' );`);
  }
  const plugin = await bringPlugin(plan, work, left);
  return { ...done, id, registration, plugin, token, left };
}

type Registering = Pick<SiteDone, 'id' | 'registration' | 'token'>;

async function register(
  { install, registered, register: wanted, mode }: SitePlan,
  { client, dryRun }: SiteWork,
  left: string[],
): Promise<Registering> {
  if (registered !== null) return { id: registered, registration: 'kept', token: null };
  if (!wanted) return { id: null, registration: 'left', token: null };
  if (dryRun) return { id: null, registration: 'registered', token: null };
  const body = { domains: [...install.domains], user: install.user!, mode, wp: install.path };
  try {
    const { site, token } = await client.call('register', { body });
    return { id: site.id, registration: 'registered', token };
  } catch (cause) {
    if (!(cause instanceof PortcullisError) || cause.code === 'daemon_unreachable') throw cause;
    left.push(`Not registered: ${cause.message} ${cause.hint ?? ''}`.trim());
    return { id: null, registration: 'failed', token: null };
  }
}

async function bringPlugin(
  { install: { path, user, domains } }: SitePlan,
  { exec, plugin, mustUse, wpCli, dryRun }: SiteWork,
  left: string[],
): Promise<SiteDone['plugin']> {
  if (plugin === null || user === null || user === 'root') return 'left';
  const place = { asUser: createAsUser(exec, user), path, mustUse };
  if (dryRun) {
    const before = await installedVersion(place);
    return before === plugin.version ? 'kept' : before === null ? 'installed' : 'updated';
  }
  try {
    const { did, active } = await installPlugin({ ...place, wpCli }, plugin);
    if (active !== true) {
      const state = active === null ? 'Whether it is active is not known without WP-CLI' : 'It is not active';
      left.push(
        `${state}: Plugins → Portcullis → Activate, at https://${domains[0] ?? ''}/wp-admin/plugins.php`,
      );
    }
    return did;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
    left.push(`The plugin was not installed: ${why}`);
    return 'failed';
  }
}
