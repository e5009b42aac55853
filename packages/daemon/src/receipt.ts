import {
  type BanReceipt,
  type Compared,
  describeTogether,
  type FailureRecord,
  type JailConfig,
  type Network,
  type ReceiptFailure,
  ruleOf,
  type Verdict,
} from '@portcullis/core';

/** What a jail's verdict came to. */
export interface Decided {
  readonly at: number;
  readonly config: JailConfig;
  readonly verdict: Verdict;
  /** Those of the verdict, in the order of their arrival. */
  readonly failures: readonly FailureRecord[];
  /** The lines of the latest of them, as text. */
  readonly lines: readonly string[];
  readonly earlierBans: number;
  readonly bantime: number | null;
  readonly compared: Compared;
  /** So many failures of a client that is known count as one; left out: nobody is known. */
  readonly factorOf?: ((failure: FailureRecord) => number) | undefined;
  /** What else is known of the client; empty: nothing. */
  readonly because: string;
  /** Who approved it; left out: nobody was asked. */
  readonly by?: string | undefined;
}

/** Why a rule banned. */
export function receiptOf(decided: Decided): BanReceipt {
  const { at, config, verdict, failures, lines, bantime, because, by, factorOf = () => 1 } = decided;
  const counts = new Map(verdict.failureIds.map((id, index) => [id, verdict.failureCounts[index]]));
  const factors = failures.map(factorOf);
  const before = failures.length - lines.length;
  const evidence = lines.map((line, at): ReceiptFailure => {
    const failure = failures[before + at]!;
    const { id, time, address, site, event, user, doubts, sender } = failure;
    const count = counts.get(id) ?? failure.count;
    return {
      id,
      time,
      address,
      site,
      event,
      user,
      doubts,
      sender,
      line,
      count,
      weight: count / factors[before + at]!,
    };
  });
  const factor = Math.max(1, ...factors);
  return {
    at,
    byHand: by === undefined ? null : { by, at, bantime },
    rule: ruleOf(config),
    required: verdict.required ?? config.maxretry,
    campaign: verdict.campaign ?? null,
    client: verdict.network,
    together: verdict.together
      ? describeTogether(config, verdict.together, failures.at(-1)?.user ?? null)
      : null,
    failures: verdict.failures,
    evidence,
    earlierBans: decided.earlierBans,
    bantime,
    knownGood: factor === 1 && because === '' ? null : { factor, because },
    compared: decided.compared,
  };
}

/** A ban that a person decided on, without any failures. */
export const receiptByHand = (
  client: Network,
  byHand: NonNullable<BanReceipt['byHand']>,
  compared: Compared,
): BanReceipt => ({
  at: byHand.at,
  byHand,
  rule: null,
  required: 0,
  campaign: null,
  client,
  together: null,
  failures: 0,
  evidence: [],
  earlierBans: 0,
  bantime: byHand.bantime,
  knownGood: null,
  compared,
});
