import { parseNetwork } from '@portcullis/core';
import { type AddressColumn, lastAddress, toColumn } from './address-column.ts';

const ipv4 = {
  written: /^(?:[0-9]{1,3}\.){1,3}[0-9]{0,3}$/,
  separator: '.',
  base: 10,
  groups: 4,
  highest: 255,
};
const ipv6 = {
  written: /^(?:[0-9a-f]{1,4}:){1,7}[0-9a-f]{0,4}$/i,
  separator: ':',
  base: 16,
  groups: 8,
  highest: 0xffff,
};

/** First and last address. */
type Range = readonly [AddressColumn, AddressColumn];

/**
 * The addresses that begin so, as `198.51.` or `2001:db8:1`, in a few ranges, which an index finds; null where the text is
 * not the beginning of an address. `198.51.1` begins those of `198.51.1.`, `198.51.10.` to `19.` and `198.51.100.` to `199.`
 */
export function addressesBeginning(text: string): Range[] | null {
  const family = [ipv4, ipv6].find(({ written }) => written.test(text));
  if (family === undefined) return null;
  const { separator, base, groups, highest } = family;
  const whole = text.split(separator);
  const begun = whole.pop()!;
  const network = (known: readonly string[]) => {
    const bits = (known.length / groups) * (family === ipv4 ? 32 : 128);
    const zeros = Array.from({ length: groups - known.length }, () => '0');
    return parseNetwork(`${[...known, ...zeros].join(separator)}/${bits}`);
  };
  const ranges: Range[] = [];
  const add = (from: readonly string[], to: readonly string[]) => {
    const [low, high] = [network(from), network(to)];
    if (low !== null && high !== null) ranges.push([toColumn(low), lastAddress(high)]);
  };
  if (begun === '') {
    add(whole, whole);
    return ranges;
  }
  const value = Number.parseInt(begun, base);
  for (let low = value, span = 1; low <= highest; low *= base, span *= base) {
    const high = Math.min(low + span - 1, highest);
    add([...whole, low.toString(base)], [...whole, high.toString(base)]);
    // No group but zero itself begins with zero.
    if (value === 0) break;
  }
  return ranges;
}
