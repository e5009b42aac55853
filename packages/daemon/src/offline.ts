import type { AllowEntry } from '@portcullis/contracts';
import {
  Campaigns,
  type Config,
  createProxies,
  Detector,
  type Network,
  type SiteDomains,
  SiteOwners,
  type TriedPolicy,
} from '@portcullis/core';
import { ExemptionBook } from './exemptions.ts';
import { Health } from './health.ts';

// What commands use that work without a running daemon. Loads neither the API's server nor the store.
export { describeProblem, readConfig } from './config-file.ts';
export { createExec, type Exec } from './exec.ts';
export { chooseSource } from './sources/choose-source.ts';
export { createJournalSource } from './sources/journal.ts';
export { expandLogs, expandWithRotated, readLog } from './sources/read-log.ts';
export { optimize } from './tier-up.ts';

/** What a daemon holds besides its configuration. */
export interface HostKnowledge {
  readonly allowed: readonly AllowEntry[];
  /** Registered by command. */
  readonly sites: readonly SiteDomains[];
}
const nothingKnown: HostKnowledge = { allowed: [], sites: [] };

/**
 * What a configuration decides by: its jails with ignoreip and what the host itself needs exempt, its sites, and what it says
 * of successful logins.
 *
 * @param warn called with a sentence for each host name of ignoreip that does not resolve
 * @param known what a daemon holds besides; left out: nothing
 */
export async function createOfflinePolicy(
  config: Config,
  warn: (sentence: string) => void,
  known: HostKnowledge = nothingKnown,
): Promise<TriedPolicy> {
  const health = new Health(({ sentence }, over) => {
    if (!over) warn(sentence);
  });
  // The configuration comes last, so that its domains replace others.
  const owners = new SiteOwners([...known.sites, ...config.sites]);
  const exemptions = new ExemptionBook({
    store: { allowEntries: () => [...known.allowed] },
    health,
    jails: () => config.jails,
    proxies: () => createProxies(config.proxies),
    ownerOf: (site) => owners.ownerOf(site),
  });
  await exemptions.resolve();
  const systemOf = await createSystemOf(config);
  const campaigns = seeksCampaigns(config)
    ? new Campaigns({ config: config.campaigns, seed: 0, systemOf })
    : null;
  const detector = new Detector(config.jails, exemptions.current, 0, campaigns, systemOf);
  detector.witnesses.register({ owners, uids: new Map() });
  return { detector, knownGood: config.knownGood };
}

/** Whether taking part changes what is banned. */
const seeksCampaigns = ({ campaigns }: Config): boolean =>
  campaigns.addresses > 0 && campaigns.maxretry !== null;

/** Systems as the daemon knows them, opened only where something depends on them. */
async function createSystemOf(config: Config): Promise<(address: Network) => number | null> {
  if (!seeksCampaigns(config) && config.jails.every(({ key }) => key !== 'system')) return () => null;
  const [{ Origins }, { ReverseNames }] = await Promise.all([
    import('./origins/origins.ts'),
    import('./origins/reverse-names.ts'),
  ]);
  const origins = new Origins({
    settings: () => config.enrichment,
    reverseNames: new ReverseNames({ clock: { now: () => 0 } }),
    onTrouble: () => {},
  });
  return (address) => origins.systemOf(address);
}
