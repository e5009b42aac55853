import { Campaigns, type Config, createProxies, Detector, SiteOwners } from '@portcullis/core';
import { ExemptionBook } from './exemptions.ts';
import { Health } from './health.ts';

// What commands use that work without a running daemon. Loads neither the API's server nor the store.
export { describeProblem, readConfig } from './config-file.ts';
export { createExec, type Exec } from './exec.ts';
export { chooseSource } from './sources/choose-source.ts';
export { createJournalSource } from './sources/journal.ts';
export { expandLogs, expandWithRotated, readLog } from './sources/read-log.ts';
export { optimize } from './tier-up.ts';

/**
 * The jails of a configuration with ignoreip and what the host itself needs exempt. The allow list is the daemon's
 * and not known here.
 *
 * @param warn called with a sentence for each host name of ignoreip that does not resolve
 */
export async function createOfflineDetector(
  config: Config,
  warn: (sentence: string) => void,
): Promise<Detector> {
  const health = new Health(({ sentence }, over) => {
    if (!over) warn(sentence);
  });
  const exemptions = new ExemptionBook({
    store: { allowEntries: () => [] },
    health,
    jails: () => config.jails,
    proxies: () => createProxies(config.proxies),
  });
  await exemptions.resolve();
  const detector = new Detector(config.jails, exemptions.current, 0, await createCampaigns(config));
  detector.witnesses.register({ owners: new SiteOwners(config.sites), uids: new Map() });
  return detector;
}

/** As the daemon looks for them, where taking part changes what is banned. */
async function createCampaigns({ campaigns, enrichment }: Config): Promise<Campaigns | null> {
  if (campaigns.addresses === 0 || campaigns.maxretry === null) return null;
  const [{ Origins }, { ReverseNames }] = await Promise.all([
    import('./origins/origins.ts'),
    import('./origins/reverse-names.ts'),
  ]);
  const origins = new Origins({
    settings: () => enrichment,
    reverseNames: new ReverseNames({ clock: { now: () => 0 } }),
    onTrouble: () => {},
  });
  return new Campaigns({ config: campaigns, seed: 0, systemOf: (client) => origins.systemOf(client) });
}
