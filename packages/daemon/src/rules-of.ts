import type { Why } from '@portcullis/contracts';
import { clientNetwork, foreign, KeyedJail, type Network, type Rule } from '@portcullis/core';
import type { Store } from './store/sqlite.ts';

/** Windows of one jail that are told, the fullest. */
const maxWindows = 8;

/** How far each jail has counted an address: as its client, or with others in each window that holds a failure of it. */
export function rulesOf(
  network: Network,
  rules: readonly Rule[],
  store: Pick<Store, 'failuresById'>,
): Why['jails'] {
  return rules.flatMap(({ config, jail }) => {
    const client = clientNetwork(network, config);
    const rule = {
      jail: config.name,
      maxretry: config.maxretry,
      findtime_seconds: config.findtime / 1000,
    };
    if (!(jail instanceof KeyedJail))
      return [{ ...rule, failures: jail.failuresOf(client), counted_as: String(client) }];
    const isByName = config.key === 'user';
    const windows = jail.windowsOf(client).slice(0, maxWindows);
    if (windows.length === 0)
      return [{ ...rule, failures: 0, counted_as: isByName ? 'the names it tries' : 'its system' }];
    return windows.map(({ key, failures, latestId }) => {
      const name = isByName ? (store.failuresById([latestId])[0]?.user ?? '') : '';
      return { ...rule, failures, counted_as: isByName ? `the name ${foreign(name).foreign}` : `AS${key}` };
    });
  });
}
