import type { Site } from '@portcullis/contracts';
import { instantOf } from './instant.ts';
import type { Condition, List } from './page.ts';

/** A list of the rows of one table, the latest first. */
export const byId = <Row extends { id: number }, Item>(
  table: string,
  toItem: (row: Row) => Item,
  where: readonly Condition[] = [],
): List<Row, Item> => ({
  from: `FROM ${table}`,
  columns: '*',
  where,
  key: 'id',
  id: 'id',
  descending: true,
  keyOf: (row) => row.id,
  idOf: (row) => row.id,
  toItem,
});

interface SiteRow {
  id: number;
  name: string;
  events: number;
  failures: number;
  first_event_at: number;
  last_event_at: number;
}
const toSite = (row: SiteRow): Site => ({
  name: row.name,
  registered: null,
  first_event_at: instantOf(row.first_event_at),
  last_event_at: instantOf(row.last_event_at),
  events: row.events,
  failures: row.failures,
});

/** Sites that the log names, sorted by name when nothing else is asked. */
export function siteList(where: readonly Condition[], sort: string = 'name'): List<SiteRow, Site> {
  const key = sort.replace('-', '') as 'name' | 'last_event_at' | 'failures';
  return {
    ...byId('sites', toSite, [{ sql: "name <> ''", params: [] }, ...where]),
    key,
    descending: sort.startsWith('-'),
    keyOf: (row) => row[key],
  };
}
