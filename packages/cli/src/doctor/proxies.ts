import { parseNetwork } from '@portcullis/core';
import { plural } from '../phrases.ts';
import { visible } from '../terminal.ts';
import { fromDaemon } from './files.ts';
import { type Check, type Finding, ok, warning } from './finding.ts';

export interface SiteFailures {
  readonly site: string;
  readonly failures: readonly {
    readonly ip: string;
    readonly user: string | null;
    readonly reason?: string | null;
  }[];
  /** Networks of the site's latest bans. */
  readonly networks: readonly { readonly asn: number; readonly name: string }[];
}

/** Fewer failures prove nothing. */
const enough = 20;
/** So many names from one network look like many people behind one proxy; one attacker may try as many. */
const maxSites = 50;

/** Autonomous systems of content delivery networks, which browsers never come from. Their own pages name the numbers. */
const deliveryNetworks: ReadonlyMap<number, string> = new Map([
  [13335, 'Cloudflare'],
  [54113, 'Fastly'],
  [20940, 'Akamai'],
  [16625, 'Akamai'],
  [19551, 'Imperva'],
  [30148, 'Sucuri'],
  [12989, 'StackPath'],
  [60068, 'CDN77'],
  [200325, 'bunny.net'],
]);

/** Whether a site sees its proxy in place of its visitors: a ban would then hit everybody, or nobody. */
export const proxiesCheck: Check<readonly SiteFailures[] | null> = {
  name: 'proxies',
  gather: ({ client, now }) =>
    fromDaemon(async () => {
      const since = new Date(now - 7 * 86_400_000).toISOString();
      const { items } = await client.call('listSites', { query: { sort: '-failures', limit: maxSites } });
      const gathered: SiteFailures[] = [];
      for (const { name: site } of items.filter(({ name }) => name !== '')) {
        const failures = await client.call('listFailures', { query: { site, since, limit: 500 } });
        const bans = await client.call('listBans', { query: { site, since, state: 'all', limit: 100 } });
        gathered.push({
          site,
          failures: failures.items.map(({ ip, user, reason }) => ({ ip, user, reason })),
          networks: bans.items.flatMap(({ asn, as_name }) =>
            asn == null ? [] : [{ asn, name: as_name ?? '' }],
          ),
        });
      }
      return gathered;
    }),
  judge(sites) {
    if (sites === null || sites.length === 0) return [];
    const found = sites.flatMap(judgeSite);
    return found.length > 0
      ? found
      : [ok('proxies', 'No site seems to see a proxy in place of its visitors.')];
  },
};

const advice =
  'Let the web server put the visitor’s address into REMOTE_ADDR (nginx real_ip, Apache mod_remoteip), and the proxy’s into ignoreip.';

function judgeSite({ site, failures, networks }: SiteFailures): Finding[] {
  const name = visible(site);
  const delivery = networks.map(({ asn }) => deliveryNetworks.get(asn)).find((one) => one !== undefined);
  if (delivery !== undefined) {
    return [
      warning('proxies', `${name}: bans hit addresses of ${delivery}, so it stands behind that.`, advice),
    ];
  }
  const proxied = failures.filter(({ reason }) => reason === 'proxy').length;
  if (proxied >= 5) {
    return [
      warning(
        'proxies',
        `${name}: ${plural(proxied, 'failure')} came from a proxy or CDN, and count for nothing.`,
        advice,
      ),
    ];
  }
  if (failures.length < enough) return [];
  const inside = failures.filter(({ ip }) => isInside(ip)).length;
  if (inside === failures.length) {
    return [
      warning(
        'proxies',
        `${name}: all its ${failures.length} failures come from this host or a private network.`,
        advice,
      ),
    ];
  }
  const groups = new Set(failures.map(({ ip }) => surroundingOf(ip)));
  const addresses = new Set(failures.map(({ ip }) => ip)).size;
  if (groups.size > 1 || addresses < 3) return [];
  return [
    warning(
      'proxies',
      `${name}: all its ${failures.length} failures come from ${plural(addresses, 'address', 'addresses')} of ${[...groups][0]}.`,
      `One attacker with many addresses looks like that, and so does a proxy. If it is one: ${advice}`,
    ),
  ];
}

const insides = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '::1',
  'fc00::/7',
].map((text) => parseNetwork(text)!);
const isInside = (ip: string): boolean => {
  const network = parseNetwork(ip);
  return network !== null && insides.some((one) => one.contains(network));
};

/** The /20 or /32 around an address: about what one provider hands out at a place. */
function surroundingOf(ip: string): string {
  const network = parseNetwork(ip)!;
  return String(network.widen(network.family === 4 ? 20 : 32));
}
