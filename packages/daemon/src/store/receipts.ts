import { createHash } from 'node:crypto';
import type { Rule } from '@portcullis/contracts';
import type { BanReceipt } from '@portcullis/core';
import type { Database } from './database.ts';
import { type ReceiptRow, readReceipt, receiptColumns, toStored } from './receipt-row.ts';

/** Rules that are kept, those used last: a host has as many as its configuration had states in which somebody was banned. */
const maxRules = 1_000;
/** How far the database may be behind with when a rule was last used, in milliseconds: a burst of bans shares one. */
const useStep = 60_000;

/** Keeps why bans were decided. Its lines stand with the evidence of the ban, as long as they are the same. */
export function createReceiptTable(db: Database) {
  /** Rules that the database has, by their text. */
  const saved = new Map<string, { readonly id: number; readonly usedAt: number }>();
  db.onReset(() => saved.clear());

  /** Inside a write. @returns the rule's key */
  function saveRule(rule: Rule, usedAt: number): number {
    const text = JSON.stringify(rule);
    const known = saved.get(text);
    if (known !== undefined && usedAt < known.usedAt + useStep) return known.id;
    const id = createHash('sha256').update(text).digest().readUIntBE(0, 6);
    db.run(
      'INSERT INTO ban_rules VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET used_at = max(used_at, excluded.used_at)',
      id,
      text,
      usedAt,
    );
    saved.set(text, { id, usedAt });
    return id;
  }

  /** What `ban_evidence` has of a receipt: `rule_id` and `receipt`. Inside a write. */
  const columnsOf = (receipt: BanReceipt): [ruleId: number | null, text: string] => [
    receipt.rule === null ? null : saveRule(receipt.rule, receipt.at),
    JSON.stringify(toStored(receipt)),
  ];

  return {
    columnsOf,
    of(ban: number): BanReceipt | null {
      const row = db.read(() =>
        db.get<ReceiptRow>(`SELECT ${receiptColumns} FROM ban_evidence e WHERE e.ban_id = ?`, ban),
      );
      return row === undefined ? null : readReceipt(row);
    },
    save(ban: number, receipt: BanReceipt): void {
      const lines = JSON.stringify(receipt.evidence.map(({ line }) => line));
      db.write(() =>
        db.run(
          'UPDATE ban_evidence SET rule_id = ?, receipt = ?, receipt_lines = ? WHERE ban_id = ?',
          ...columnsOf(receipt),
          lines,
          ban,
        ),
      );
    },
    /** Inside a write. */
    prune(): void {
      const deleted = db.run(
        `DELETE FROM ban_rules WHERE id NOT IN (SELECT id FROM ban_rules ORDER BY used_at DESC LIMIT ${maxRules})`,
      );
      if (deleted > 0) saved.clear();
    },
  };
}

export type ReceiptTable = ReturnType<typeof createReceiptTable>;
