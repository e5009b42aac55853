import { parseNetwork } from '@portcullis/core';
import type { Range } from './write-range-table.ts';

/**
 * Networks that nobody's are, of the IANA special-purpose registries (RFC 6890): private, shared, documentation, benchmarks, 6to4.
 * The data sets name a country for some of them.
 */
const special = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/3', '2001:2::/48', '2001:db8::/32', '2002::/16', '3fff::/20'],
];

const bits = { 4: 32, 6: 128 } as const;

const specialRanges = special.map((text) => {
  const { family, a, b, c, d, prefix } = parseNetwork(text)!;
  const first = [a, b, c, d].reduce((whole, word) => (whole << 32n) | BigInt(word), 0n);
  return { family, first, last: first + (1n << BigInt(bits[family] - prefix)) - 1n };
});

/** The ranges without what lies in special networks. */
export function withoutSpecial(family: 4 | 6, ranges: readonly Range[]): Range[] {
  const holes = specialRanges.filter((one) => one.family === family);
  return ranges.flatMap((range) => {
    let rest = [range];
    for (const hole of holes) {
      if (hole.last < range.first || hole.first > range.last) continue;
      rest = rest.flatMap(({ first, last, value }) =>
        [
          { first, last: last < hole.first ? last : hole.first - 1n, value },
          { first: first > hole.last ? first : hole.last + 1n, last, value },
        ].filter((part) => part.first <= part.last),
      );
    }
    return rest;
  });
}
