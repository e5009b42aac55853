import type { Client, ListRoute } from '@portcullis/client';
import { type Answer, maxPageSize, type Query } from '@portcullis/contracts';

type ItemOf<N extends ListRoute> = Answer<N> extends { items: (infer I)[] } ? I : never;

/** A whole list as one document: the API's shape with all items instead of one page. */
export interface WholeList<T> {
  readonly items: readonly T[];
  readonly next: null;
  /** How many match, those beyond the limit included. */
  readonly total: number;
}

/** Asks for page after page, until there is no more or `limit` is reached. */
export async function collect<N extends ListRoute>(
  client: Client,
  name: N,
  query: Partial<Query<N>>,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<WholeList<ItemOf<N>>> {
  const items: ItemOf<N>[] = [];
  let total = 0;
  for await (const page of client.pages(name, { limit: Math.min(limit, maxPageSize), ...query })) {
    total = page.total;
    items.push(...(page.items.slice(0, limit - items.length) as ItemOf<N>[]));
    if (items.length >= limit) break;
  }
  return { items, next: null, total };
}
