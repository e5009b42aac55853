import { FilterName } from './failure.ts';
import {
  array,
  boolean,
  count,
  describe,
  integer,
  nullable,
  object,
  oneOf,
  type Static,
  string,
} from './schema.ts';

/** What failures have in common that count together. */
export const JailKey = oneOf('address', 'system', 'user');
export type JailKey = Static<typeof JailKey>;

export const Jail = object({
  name: string,
  filters: array(FilterName),
  maxretry: integer,
  findtime_seconds: integer,
  bantime_seconds: describe('-1: for ever.', integer),
  bantime_increment: boolean,
  key: describe('What failures that count together have in common.', JailKey),
  ipv4_prefix: integer,
  ipv6_prefix: integer,
  bans: describe('Bans in force.', count),
  tracked: describe('Addresses, systems or names, as `key` says, with failures inside findtime.', count),
  max_tracked: describe('The cap on them; beyond it the oldest is forgotten.', count),
  evicted: describe('Those forgotten because of the cap since the start.', count),
  failures: describe('Failures counted since the start.', count),
});
export type Jail = Static<typeof Jail>;

export const JailSummary = object({
  name: string,
  key: JailKey,
  bans: count,
  tracked: count,
  failures: count,
});
export type JailSummary = Static<typeof JailSummary>;

export const LogPosition = object({
  path: string,
  offset: describe('Bytes read; -1 where the source has none.', integer),
  lag_seconds: describe('How long the oldest unread byte has waited; 0 when all is read.', {
    type: 'number',
    minimum: 0,
  } as const),
  last_event_at: nullable({ type: 'string', format: 'date-time' } as const),
});
export type LogPosition = Static<typeof LogPosition>;
