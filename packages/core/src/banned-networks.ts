import type { Network } from './address.ts';
import { isOfOneClient, oneCustomer } from './client-network.ts';
import type { JailConfig } from './config.ts';
import type { Verdict } from './jail.ts';
import type { JudgedFailure, WholeVerdict } from './known-good-stage.ts';
import { loginClient } from './logins.ts';

/** Who must not be banned for what others did. */
export interface Innocents {
  /** Whether an exemption covers the whole network in the jail. */
  readonly isExempt: (network: Network, jail: string) => boolean;
  /**
   * Whether somebody in the network must not be banned with it: an exemption touches it in the jail, or for lines of these sites
   * only, or it is wider than one customer's and somebody in it is known.
   */
  readonly holdsInnocent: (network: Network, jail: string, sites: ReadonlySet<string>) => boolean;
  /** Whether successful logins make an address known on a site. */
  readonly isKnownAt: (address: Network, site: string) => boolean;
}

type Decided = Pick<Verdict, 'network' | 'together'>;

/** Whether a verdict rests on failures of more than one customer. */
export const isShared = ({ network, together }: Decided): boolean =>
  together !== undefined || !isOfOneClient(network, oneCustomer);

/**
 * The verdict without those who are left out: who has become exempt since he failed; and where others' failures were counted with
 * his own, who is known where he failed and did not come to maxretry by himself.
 *
 * @param failures those that the verdict names
 * @returns null where nobody is left, or where what is left of one customer does not come to maxretry
 */
export function accuse<F extends JudgedFailure>(
  { name, maxretry }: JailConfig,
  verdict: Verdict,
  failures: readonly F[],
  { isExempt, isKnownAt }: Innocents,
): WholeVerdict<F> | null {
  const { network, together } = verdict;
  // One customer is known as a whole, and judged as such.
  const shared = isShared(verdict);
  if (network.isSingle && !shared) return isExempt(network, name) ? null : { verdict, failures };
  const customers = Map.groupBy(failures, ({ address }) => String(loginClient(address)));
  const guilty = [...customers.values()].flatMap((own) => {
    const isOwn = together === undefined && countOf(own) >= maxretry;
    const isKnown = shared && !isOwn && own.some(({ address, site }) => isKnownAt(address, site));
    return isKnown ? [] : own.filter(({ address }) => !isExempt(address, name));
  });
  const left = new Set(guilty);
  if (left.size === failures.length) return { verdict, failures };
  if (left.size === 0) return null;
  const rest = failures.filter((failure) => left.has(failure));
  if (!shared && countOf(rest) < (verdict.required ?? maxretry)) return null;
  const own = {
    failures: countOf(rest),
    failureIds: rest.map(({ id }) => id),
    failureCounts: rest.map(({ count }) => count),
    failureTimes: rest.map(({ time }) => time),
    leftOut: countOf(failures) - countOf(rest),
  };
  return { verdict: { ...verdict, ...own }, failures: rest };
}

/**
 * What a verdict bans, after `accuse`: its network; or where somebody in it is innocent each customer that failed, and where
 * that is a network which holds an innocent, too, the addresses that failed, one by one.
 */
export function bannedNetworks(
  { name }: JailConfig,
  { network }: Pick<Verdict, 'network'>,
  failures: readonly JudgedFailure[],
  { isExempt, holdsInnocent }: Innocents,
): readonly Network[] {
  const sites = new Set(failures.map(({ site }) => site));
  if (network.isSingle || !holdsInnocent(network, name, sites)) return [network];
  const customers = Map.groupBy(failures, ({ address }) => String(loginClient(address)));
  return [...customers.values()].flatMap((own) => {
    const customer = loginClient(own[0]!.address);
    const isNarrower = customer.prefix > network.prefix;
    if (isNarrower && !holdsInnocent(customer, name, sites)) return [customer];
    const addresses = new Map(own.map(({ address }) => [String(address), address]));
    return [...addresses.values()].filter((address) => !isExempt(address, name));
  });
}

const countOf = (failures: readonly JudgedFailure[]): number =>
  failures.reduce((sum, { count }) => sum + count, 0);
