import type { Receipt } from '@portcullis/contracts';
import { type BanReceipt, doubtsIn, type Network, parseNetwork, type ReceiptFailure } from '@portcullis/core';
import { eventCode, eventOf } from './codes.ts';
import { instantOf } from './instant.ts';

/** A failure as it stands in the database: its address where that is not the client itself, else 0; 0 for no sender. */
type StoredFailure = [
  id: number,
  time: number,
  site: string,
  event: number,
  user: string | null,
  count: number,
  weight: number,
  doubts: number,
  address: string | 0,
  sender: [uid: number, pid: number] | 0,
];

/** What stands in `receipt`; what is null or empty is left out. Never change what a name means: old bans have it. */
interface StoredReceipt
  extends Pick<BanReceipt, 'at' | 'required' | 'failures' | 'earlierBans' | 'bantime'>,
    Partial<StoredExtras> {
  readonly client: string;
  readonly evidence: readonly StoredFailure[];
  readonly exemptions: BanReceipt['compared']['exemptions'];
}
interface StoredExtras extends Pick<BanReceipt, 'byHand' | 'campaign' | 'knownGood' | 'together'> {
  readonly exemptedBy: string | null;
  readonly logins: readonly [site: string, hours: number, known: 0 | 1][];
}
const noExtras: StoredExtras = {
  byHand: null,
  campaign: null,
  knownGood: null,
  together: null,
  exemptedBy: null,
  logins: [],
};

/** The columns of `ban_evidence`, and of `ban_rules`, that a receipt is read from; of an evidence row `e`. */
export interface ReceiptRow {
  readonly lines: string;
  readonly receipt: string | null;
  readonly receipt_lines: string | null;
  readonly rule: string | null;
}
export const receiptColumns =
  'e.lines, e.receipt, e.receipt_lines, (SELECT r.rule FROM ban_rules r WHERE r.id = e.rule_id) AS rule';

/** What a rule that was kept before there was a choice says. */
const ofOldRules = { key: 'address', ipv4_prefix: 32 } as const;

/** How a receipt stands in the database, without its rule and its lines. */
export function toStored(receipt: BanReceipt): StoredReceipt {
  const { at, required, failures, earlierBans, bantime, client, evidence, compared } = receipt;
  const { byHand, campaign, knownGood, together } = receipt;
  const { exemptions, exemptedBy, logins } = compared;
  return {
    ...{ at, required, failures, earlierBans, bantime, client: String(client), exemptions },
    evidence: evidence.map((failure) => storedFailure(failure, client)),
    ...(byHand !== null && { byHand }),
    ...(campaign !== null && { campaign }),
    ...(knownGood !== null && { knownGood }),
    ...(together !== null && { together }),
    ...(exemptedBy !== null && { exemptedBy }),
    ...(logins.length > 0 && {
      logins: logins.map(({ site, hours, known }) => [site, hours, known ? 1 : 0]),
    }),
  };
}

const storedFailure = (failure: ReceiptFailure, client: Network): StoredFailure => {
  const { id, time, site, event, user, count, weight, doubts, address, sender } = failure;
  const stranger = address.equals(client) ? 0 : String(address);
  const who: StoredFailure[9] = sender === null ? 0 : [sender.uid, sender.pid];
  return [id, time, site, eventCode(event), user, count, weight, doubts, stranger, who];
};

export function readReceipt(row: ReceiptRow): BanReceipt | null {
  if (row.receipt === null) return null;
  const stored: StoredReceipt = JSON.parse(row.receipt);
  const { client, evidence, exemptions, exemptedBy, logins, ...rest } = { ...noExtras, ...stored };
  const lines: string[] = JSON.parse(row.receipt_lines ?? row.lines);
  return {
    ...rest,
    client: parseNetwork(client)!,
    rule: row.rule === null ? null : { ...ofOldRules, ...JSON.parse(row.rule) },
    evidence: evidence.map((failure, at) => readFailure(failure, client, lines[at] ?? '')),
    compared: {
      exemptions,
      exemptedBy,
      logins: logins.map(([site, hours, known]) => ({ site, hours, known: known === 1 })),
    },
  };
}

function readFailure(
  [id, time, site, event, user, count, weight, doubts, address, sender]: StoredFailure,
  client: string,
  line: string,
): ReceiptFailure {
  return {
    id,
    time,
    site,
    event: eventOf(event),
    user,
    count,
    weight,
    doubts,
    address: parseNetwork(address === 0 ? client : address)!,
    sender: sender === 0 ? null : { uid: sender[0], pid: sender[1] },
    line,
  };
}

/** A receipt as the API tells it. */
export const toReceipt = (receipt: BanReceipt): Receipt => ({
  decided_at: instantOf(receipt.at),
  by_hand: receipt.byHand && {
    by: receipt.byHand.by,
    at: instantOf(receipt.byHand.at),
    bantime_seconds: secondsOf(receipt.byHand.bantime),
  },
  rule: receipt.rule,
  required: receipt.required,
  campaign: receipt.campaign,
  counted_as: String(receipt.client),
  together: receipt.together && { ...receipt.together },
  failures: receipt.failures,
  evidence: receipt.evidence.map(({ address, site, time, doubts, ...failure }) => ({
    ...failure,
    time: instantOf(time),
    ip: String(address),
    site: site === '' ? null : site,
    doubts: doubtsIn(doubts),
  })),
  earlier_bans: receipt.earlierBans,
  bantime_seconds: secondsOf(receipt.bantime),
  known_good: receipt.knownGood && {
    threshold_factor: receipt.knownGood.factor,
    because: receipt.knownGood.because,
  },
  compared: { ...receipt.compared.exemptions },
  exempted_by: receipt.compared.exemptedBy,
  logins: receipt.compared.logins.map((one) => ({ ...one })),
});

/** Durations may end within a second, where `bantime_rndtime` adds to them. */
const secondsOf = (ms: number | null): number => (ms === null ? -1 : Math.round(ms / 1000));
