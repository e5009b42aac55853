import type { CampaignReader, Network, ReportedCampaign } from '@portcullis/core';
import { lastAddress, toColumn } from './address-column.ts';
import type { Database } from './database.ts';

/** Campaigns that are over and still known, so that none is told twice. */
const maxOver = 1_000;

/** A campaign that was told to its reader. */
export interface ToldCampaign {
  readonly reader: CampaignReader;
  /** What its addresses have in common, by which it is known again after a restart. */
  readonly marks: readonly string[];
  readonly told: ReportedCampaign;
}

interface CampaignRow {
  reader: CampaignReader;
  marks: string;
  told: string;
}

/** Campaigns that were told, and which bans are of addresses that take part. */
export interface CampaignTable {
  /** Those that nobody ended yet. */
  lasting(): ToldCampaign[];
  /** @returns false where it was told before */
  begin(campaign: ToldCampaign): boolean;
  update(campaign: ToldCampaign): void;
  end(campaign: ToldCampaign): void;
  /** Drops what is of readers that are there no longer. */
  keep(isThere: (reader: CampaignReader) => boolean): void;

  addBan(ban: number, reader: CampaignReader, campaign: string): void;
  /** Bans in force of addresses within the networks, each with the sites that it rests on. */
  bansWithin(networks: Iterable<Network>): { readonly id: number; readonly sites: readonly string[] }[];
  /** Bans of a campaign: those in force, or all that are known. */
  countBans(reader: CampaignReader, campaign: string, which: 'in_force' | 'all'): number;
}

/** The campaign of a ban `b`, as a reader is told of it; the parameter is the reader. */
export const campaignColumn =
  '(SELECT c.campaign FROM ban_campaigns c WHERE c.ban_id = b.id AND c.reader = ?)';
/** Bans `b` of a campaign; the parameters are the reader and the campaign. */
export const ofCampaign =
  'b.id IN (SELECT c.ban_id FROM ban_campaigns c WHERE c.reader = ? AND c.campaign = ?)';

/** From one to the next, whatever number of rows each has. */
const distinctReaders = (table: string) =>
  `WITH RECURSIVE r (reader) AS (
     SELECT min(reader) FROM ${table}
     UNION ALL SELECT (SELECT min(t.reader) FROM ${table} t WHERE t.reader > r.reader) FROM r WHERE r.reader NOT NULL
   ) SELECT reader FROM r WHERE reader NOT NULL`;

export function createCampaignTable(db: Database): CampaignTable {
  return {
    lasting: () =>
      db
        .read(() => db.all<CampaignRow>('SELECT reader, marks, told FROM campaigns WHERE lasting = 1'))
        .map(({ reader, marks, told }) => ({ reader, marks: JSON.parse(marks), told: JSON.parse(told) })),
    begin: ({ reader, marks, told }) =>
      db.write(() => {
        const added = db.run(
          'INSERT OR IGNORE INTO campaigns (reader, id, since, marks, told, lasting) VALUES (?, ?, ?, ?, ?, 1)',
          reader,
          told.id,
          told.since,
          JSON.stringify(marks),
          JSON.stringify(told),
        );
        db.run(
          `DELETE FROM campaigns WHERE lasting = 0 AND since <
             (SELECT since FROM campaigns WHERE lasting = 0 ORDER BY since DESC LIMIT 1 OFFSET ${maxOver})`,
        );
        return added > 0;
      }),
    update: ({ reader, marks, told }) =>
      db.write(() => {
        db.run(
          'UPDATE campaigns SET marks = ?, told = ? WHERE reader = ? AND id = ?',
          JSON.stringify(marks),
          JSON.stringify(told),
          reader,
          told.id,
        );
      }),
    end: ({ reader, told }) =>
      db.write(() => {
        db.run('UPDATE campaigns SET lasting = 0 WHERE reader = ? AND id = ?', reader, told.id);
      }),
    keep: (isThere) =>
      db.write(() => {
        for (const table of ['campaigns', 'ban_campaigns']) {
          for (const { reader } of db.all<{ reader: CampaignReader }>(distinctReaders(table))) {
            if (!isThere(reader)) db.run(`DELETE FROM ${table} WHERE reader = ?`, reader);
          }
        }
      }),

    addBan: (ban, reader, campaign) =>
      db.write(() => {
        db.run(
          'INSERT OR IGNORE INTO ban_campaigns (ban_id, reader, campaign) VALUES (?, ?, ?)',
          ban,
          reader,
          campaign,
        );
      }),
    bansWithin: (networks) =>
      db.read(() =>
        [...networks].flatMap((network) =>
          db
            .all<{ id: number; sites: string }>(
              `SELECT b.id, (SELECT json_group_array(s.site) FROM ban_sites s WHERE s.ban_id = b.id) AS sites
               FROM bans b WHERE b.address BETWEEN ? AND ? AND b.prefix >= ? AND b.ended_at IS NULL`,
              toColumn(network),
              lastAddress(network),
              network.prefix,
            )
            .map(({ id, sites }) => ({ id, sites: JSON.parse(sites) as string[] })),
        ),
      ),
    countBans: (reader, campaign, which) =>
      db.read(
        () =>
          db.get<{ bans: number }>(
            `SELECT count(*) AS bans FROM ban_campaigns c JOIN bans b ON b.id = c.ban_id
             WHERE c.reader = ? AND c.campaign = ?${which === 'all' ? '' : ' AND b.ended_at IS NULL'}`,
            reader,
            campaign,
          )!.bans,
      ),
  };
}
