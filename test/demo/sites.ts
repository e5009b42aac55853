import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { startRsyslog } from '../support/rsyslog.ts';
import { admin, createWordPress } from '../wordpress/wordpress.ts';
import { ask } from './http-request.ts';
import { openLoopback } from './loopback.ts';
import type { Network } from './network.ts';
import { serverAddress } from './network.ts';
import { siteUsers, version } from './preparation.ts';
import type { SiteAccount } from './site-owner.ts';
import type { Stage } from './stage.ts';

/** A WordPress in the server's namespace. */
export interface Site extends SiteAccount {
  /** What visitors call it, and the id of its registration. */
  readonly name: string;
  /** What a browser of this machine calls it, without the port. Browsers take names below `localhost` for loopback. */
  readonly loopbackName: string;
  /** Where visitors reach it, on port 80. */
  readonly address: string;
  /** The Unix user of its PHP. */
  readonly user: string;
}

export interface Sites {
  readonly blog: Site;
  readonly shop: Site;
}

/** Makes two sites that log through a real rsyslogd into the daemon's log. @param undo takes what must be undone */
export async function createSites(
  stage: Stage & { network: Network },
  undo: AsyncDisposableStack,
): Promise<Sites> {
  const { directory, signal, logPath } = stage;
  // The sites' users pass through; what they may read is each file's to say.
  for (const folder of [directory, join(directory, 'run')]) chmodSync(folder, 0o711);
  undo.use(await startRsyslog({ directory, log: logPath, format: 'rfc3339' }));
  const door = (name: keyof Sites) => join(directory, `${name}.sock`);
  signal.throwIfAborted();
  const doors = undo.use(
    stage.startInServer('door', door('blog'), serverAddress.blog, door('shop'), serverAddress.shop),
  );

  async function createSite(id: keyof Sites, title: string): Promise<Site> {
    const { port } = undo.use(await openLoopback(door(id)));
    const [name, loopbackName] = [`${id}.example.com`, `${id}.localhost`];
    const [host, address, user] = [`${loopbackName}:${port}`, serverAddress[id], siteUsers[id]];
    const constants = {
      PORTCULLIS_SOCKET: join(directory, 'run', 'sites', `${name}.sock`),
      DISALLOW_FILE_MODS: true,
    };
    signal.throwIfAborted();
    const wordpress = undo.use(await createWordPress({ version, host, user, constants }));
    // Other users of this machine reach loopback, too.
    const password = randomBytes(9).toString('base64url');
    await wordpress.run(
      `foreach ( get_users() as $user ) wp_set_password( '${password}', $user->ID ); ` +
        // Without avatars: a browser would fetch them from elsewhere.
        `update_option( 'blogname', '${title}' ); update_option( 'show_avatars', 0 );`,
    );
    const syslog = join(directory, 'syslog.sock');
    await wordpress.serve({ namespace: stage.network.server, address, port: 80, syslog });
    const site = { name, loopbackName, host, port, address, user, login: admin.login, password };
    await doors.ready(async () => {
      const { status } = await ask({ address: '127.0.0.1', port, site: host, path: '/wp-login.php' });
      if (status !== 200) throw new Error(`${host} answers with HTTP ${status}.`);
    });
    return site;
  }

  return { blog: await createSite('blog', 'The blog'), shop: await createSite('shop', 'The shop') };
}
