import { defaultConfig, parseDuration, standardFilters } from '@portcullis/contracts';

type Section = Record<string, unknown>;

/** Below it a key that many have would be worse than an address of their own. */
const leastKeyedMaxretry = 5;
/** The filters with messages that name who was tried. */
const withNames: readonly unknown[] = ['wordpress-hard', 'wordpress-soft', 'wordpress-extra'];

/** Jails whose failures count together with those of others. */
export function keyRules(
  defaults: Section,
  jails: Section,
  report: (path: string, value: unknown, message: string) => void,
): void {
  let byAddress = 0;
  const others: string[] = [];
  for (const [name, own] of Object.entries(jails)) {
    const jail: Section = {
      ...defaultConfig.defaults,
      filter: standardFilters,
      ...defaults,
      ...(typeof own === 'object' ? own : {}),
    };
    if (jail['enabled'] === false) continue;
    const { key, maxretry, bantime, filter } = jail;
    if (key !== 'system' && key !== 'user') {
      byAddress++;
      continue;
    }
    others.push(name);
    const path = `jails.${name}`;
    if (typeof maxretry === 'number' && maxretry < leastKeyedMaxretry)
      report(
        `${path}.maxretry`,
        maxretry,
        `must be at least ${leastKeyedMaxretry} with key = "${key}": everybody who fails with the same ${key} is banned at once`,
      );
    if (isForEver(bantime))
      report(
        `${path}.bantime`,
        bantime,
        `cannot be for ever with key = "${key}": it may hit who is innocent`,
      );
    if (key === 'user' && Array.isArray(filter) && !filter.some((each) => withNames.includes(each)))
      report(`${path}.filter`, filter, 'has no message that names a user, so key = "user" counts nothing');
  }
  if (byAddress === 0 && others.length > 0)
    report(
      'jails',
      others,
      'at least one enabled jail must have key = "address": the others leave out who is known',
    );
}

const isForEver = (duration: unknown): boolean =>
  (typeof duration === 'string' || typeof duration === 'number') && parseDuration(duration) === null;
