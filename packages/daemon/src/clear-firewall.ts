import { PortcullisError } from '@portcullis/contracts';
import { type Config, parseConfig } from '@portcullis/core';
import { readConfig } from './config-file.ts';
import { createExec } from './exec.ts';
import { createFirewall } from './firewall/firewall.ts';

/**
 * Takes every rule, chain and set of ours out of the kernel, for when no daemon runs. The database keeps its bans: a start
 * enforces them again.
 *
 * @param configPath a configuration that is missing or invalid is as good as an empty one: what is ours is known by name
 * @throws PortcullisError firewall_unavailable, where the kernel cannot be asked
 */
export async function clearFirewall(configPath: string): Promise<void> {
  const { firewall } = configOrDefaults(configPath);
  // A dry run has nothing in the kernel, but the configuration of before may have had.
  const config = firewall.backend === 'dry-run' ? { ...firewall, backend: 'auto' as const } : firewall;
  await (await createFirewall(config, createExec(), { now: () => Date.now() })).uninstall();
}

function configOrDefaults(configPath: string): Config {
  try {
    return readConfig(configPath);
  } catch (error) {
    const { config } = parseConfig('');
    if (!(error instanceof PortcullisError) || config === null) throw error;
    return config;
  }
}
