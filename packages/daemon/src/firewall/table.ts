import type { Exec } from '../exec.ts';
import { type Family, ipv4, ipv6 } from './family.ts';
import { isOurName, namesOurs } from './names.ts';

/** The filter table of one family: each chain with its rules, without the leading `-A CHAIN`. */
export type FilterTable = ReadonlyMap<string, readonly string[]>;

/**
 * Reads the chains of that table. Rules are kept of our chains and of those in `whole`; of the others, which may hold
 * thousands, only the rules that name a chain of ours.
 */
export async function readTable(
  exec: Exec,
  family: Family,
  whole: ReadonlySet<string>,
): Promise<FilterTable> {
  // An untouched table prints nothing, but its own chains are there.
  const table = new Map<string, string[]>([
    ['INPUT', []],
    ['FORWARD', []],
    ['OUTPUT', []],
  ]);
  await exec.lines([`${family.iptables}-save`, '-t', 'filter'], (line) => {
    if (line.startsWith(':')) {
      const chain = line.slice(1, line.indexOf(' '));
      if (!table.has(chain)) table.set(chain, []);
    } else if (line.startsWith('-A ')) {
      const end = line.indexOf(' ', 3);
      const chain = line.slice(3, end);
      const rule = line.slice(end + 1);
      if (whole.has(chain) || isOurName(chain) || namesOurs(rule)) table.get(chain)?.push(rule);
    }
  });
  return table;
}

/** Whether a chain of our name is in either family's filter table. Rejects where neither can be read. */
export async function holdsChains(exec: Exec): Promise<boolean> {
  const tables = await Promise.allSettled([ipv4, ipv6].map((family) => readTable(exec, family, new Set())));
  if (tables.every(({ status }) => status === 'rejected')) await readTable(exec, ipv4, new Set());
  return tables.some((table) => table.status === 'fulfilled' && [...table.value.keys()].some(isOurName));
}
