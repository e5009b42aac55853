import type { NetworkNamespace } from './network-namespace.ts';

/** The entries of a jail's sets in the kernel, each with its remaining seconds (0: for ever). */
export async function setEntries(
  namespace: NetworkNamespace,
  jail = 'wordpress',
): Promise<Map<string, number>> {
  const saved = await namespace.run('ipset', 'save').catch(() => '');
  const lines = saved.matchAll(/^add (\S+) (\S+) timeout (\d+)$/gm);
  const sets = [`portcullis-${jail}`, `portcullis-${jail}-v6`];
  return new Map(
    [...lines].filter(([, set]) => sets.includes(set!)).map(([, , ip, left]) => [ip!, Number(left)]),
  );
}

/** The rules of a chain as iptables-save writes them, without `-A CHAIN`. */
export async function rulesOf(
  namespace: NetworkNamespace,
  chain: string,
  iptables: 'iptables' | 'ip6tables' = 'iptables',
): Promise<string[]> {
  const saved = await namespace.run(`${iptables}-save`, '-t', 'filter');
  const start = `-A ${chain} `;
  return saved.split('\n').flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
}

/** The addresses that rules of their own reject in a jail's chains (backend iptables). */
export async function rejected(namespace: NetworkNamespace, jail = 'wordpress'): Promise<string[]> {
  const chain = `portcullis-${jail}`;
  const rules = [...(await rulesOf(namespace, chain)), ...(await rulesOf(namespace, chain, 'ip6tables'))];
  return rules.flatMap((rule) => /^-s (\S+?)(\/32|\/128)? /.exec(rule)?.[1] ?? []);
}

/** The elements of a jail's sets (backend nftables). */
export async function elements(namespace: NetworkNamespace, jail = 'wordpress'): Promise<string[]> {
  const table = await namespace.run('nft', 'list', 'table', 'inet', 'portcullis');
  const sets = table.matchAll(RegExp(`set portcullis-${jail}/v[46]-(\\d+) {[^}]*?elements = {([^}]*)}`, 'g'));
  return [...sets].flatMap(([, prefix, listed]) =>
    listed!.split(',').map((element) => {
      const address = element.trim().split(' ', 1)[0]!;
      return prefix === '32' || prefix === '128' ? address : `${address}/${prefix}`;
    }),
  );
}
