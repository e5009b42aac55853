import { createExec } from '../../packages/daemon/src/exec.ts';
import { createNamespace, type NetworkNamespace } from '../support/network-namespace.ts';

/** Two machines that are joined by a cable: a web server, and everybody who visits it. */
export interface Network {
  readonly server: NetworkNamespace;
  readonly visitors: NetworkNamespace;
}

/** The web server's addresses. */
export const serverAddress = {
  ipv4: '192.0.2.1',
  ipv6: '2001:db8:0:1::1',
  blog: '192.0.2.11',
  shop: '192.0.2.12',
} as const;

const cable = 'veth0';

/**
 * Makes both in network namespaces, so that nothing of this machine's network or firewall is touched.
 *
 * @param visitors the addresses that visits come from, IPv4 and IPv6
 */
export async function createNetwork(
  visitors: readonly string[],
  cleanUp: AsyncDisposableStack,
): Promise<Network> {
  // Last of all: a namespace whose making was interrupted is not in the stack.
  cleanUp.defer(removeLeftOver);
  const server = cleanUp.use(await createNamespace());
  const others = cleanUp.use(await createNamespace());
  // Made inside, so that no name of this machine is taken even for a moment. It goes with its namespaces.
  await server.run('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', cable, 'netns', others.name);
  for (const address of Object.values(serverAddress)) {
    await addAddress(server, `${address}${address.includes(':') ? '/64' : '/24'}`);
  }
  await addAddress(others, '192.0.2.2/24');
  await addAddress(others, '2001:db8:0:1::2/64');
  for (const address of visitors) await addAddress(others, address);
  // Web servers of sites run as the sites' users.
  await server.exec(['tee', '/proc/sys/net/ipv4/ip_unprivileged_port_start'], { input: '0' });
  await server.run('ip', 'link', 'set', cable, 'up');
  await others.run('ip', 'link', 'set', cable, 'up');
  for (const address of visitors) {
    await server.run('ip', 'route', 'add', address, 'dev', cable);
  }
  return { server, visitors: others };
}

/** Without duplicate address detection: an IPv6 address could not be used for a second. */
const addAddress = (namespace: NetworkNamespace, address: string) =>
  namespace.run('ip', 'address', 'add', address, 'dev', cable, ...(address.includes(':') ? ['nodad'] : []));

async function removeLeftOver(): Promise<void> {
  const exec = createExec();
  const { stdout } = await exec(['ip', 'netns', 'list']);
  for (const [name] of stdout.matchAll(new RegExp(`^pc-${process.pid}-\\d+`, 'gm'))) {
    await exec(['ip', 'netns', 'delete', name]);
  }
}
