/**
 * An IPv4 or IPv6 network; a single address is a network with a full prefix. Immutable and canonical: bits behind
 * the prefix are zero, and IPv4-mapped IPv6 addresses are IPv4. Only such a value ever reaches a command line.
 *
 * The bits are four unsigned 32-bit words, the highest first; IPv4 has all of its bits in `d`.
 */
export class Network {
  readonly family: 4 | 6;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly prefix: number;

  /** @param prefix 0 to 32 for IPv4, 0 to 128 for IPv6. Bits behind it are cleared. */
  constructor(
    family: 4 | 6,
    a: number,
    b: number,
    c: number,
    d: number,
    prefix: number = fullPrefix(family),
  ) {
    this.family = family;
    this.prefix = prefix;
    if (family === 4) {
      this.a = this.b = this.c = 0;
      this.d = (d & wordMask(prefix)) >>> 0;
    } else {
      this.a = (a & wordMask(prefix)) >>> 0;
      this.b = (b & wordMask(prefix - 32)) >>> 0;
      this.c = (c & wordMask(prefix - 64)) >>> 0;
      this.d = (d & wordMask(prefix - 96)) >>> 0;
    }
  }

  get isSingle(): boolean {
    return this.prefix === fullPrefix(this.family);
  }

  /** Whether every address of `other` lies in this network. */
  contains(other: Network): boolean {
    const { family, prefix } = this;
    if (other.family !== family || other.prefix < prefix) return false;
    if (family === 4) return sameBits(other.d, this.d, prefix);
    return (
      sameBits(other.d, this.d, prefix - 96) &&
      sameBits(other.c, this.c, prefix - 64) &&
      sameBits(other.b, this.b, prefix - 32) &&
      sameBits(other.a, this.a, prefix)
    );
  }

  /** Whether the two have an address in common. */
  overlaps(other: Network): boolean {
    return this.contains(other) || other.contains(this);
  }

  equals(other: Network): boolean {
    return (
      this.family === other.family &&
      this.prefix === other.prefix &&
      this.d === other.d &&
      this.c === other.c &&
      this.b === other.b &&
      this.a === other.a
    );
  }

  /** The network of `prefix` bits around this one; itself where it is already as wide. */
  widen(prefix: number): Network {
    return prefix >= this.prefix ? this : new Network(this.family, this.a, this.b, this.c, this.d, prefix);
  }

  /** RFC 5952; the prefix is written unless it is full. */
  toString(): string {
    const address = this.family === 4 ? formatIpv4(this.d) : formatIpv6([this.a, this.b, this.c, this.d]);
    return this.isSingle ? address : `${address}/${this.prefix}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

export const fullPrefix = (family: 4 | 6): 32 | 128 => (family === 4 ? 32 : 128);

/** The mask of a 32-bit word of which the first `bits` count; below 0 none, from 32 on all. */
const wordMask = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : ~(0xffffffff >>> bits));

/** Whether the first `bits` of two 32-bit words are the same. */
const sameBits = (one: number, other: number, bits: number): boolean =>
  ((one ^ other) & wordMask(bits)) === 0;

const formatIpv4 = (word: number): string =>
  `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;

/** RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs of two or more zero groups. */
function formatIpv6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return bestStart < 0 ? hex(0, 8) : `${hex(0, bestStart)}::${hex(bestStart + bestLength, 8)}`;
}

/** Tells networks apart in a map; a number where that suffices, because hundreds of thousands are looked up each second. */
export const networkKey = (network: Network): number | string =>
  network.family === 4 && network.prefix === 32 ? network.d : network.toString();

/** Where `readAddress` leaves the four words of what it read. */
export type AddressWords = Uint32Array;

/**
 * Reads one address that fills `bytes[start, end)` exactly: dotted IPv4 without leading zeros (RFC 6943 section
 * 3.1.1: anything else is ambiguous), or IPv6 in any spelling of RFC 4291 section 2.2. No zone, no brackets, no
 * spaces. IPv4-mapped addresses (RFC 4291 section 2.5.5.2) become IPv4.
 *
 * @returns the family, or 0 where the bytes are not an address; `out` then holds nothing of use.
 */
export function readAddress(bytes: Uint8Array, start: number, end: number, out: AddressWords): 0 | 4 | 6 {
  const length = end - start;
  if (length < 2 || length > 45) return 0;
  for (let at = start; at < end && at < start + 5; at++) {
    if (bytes[at] === COLON) return readIpv6(bytes, start, end, out);
  }
  return readIpv4(bytes, start, end, out);
}

const COLON = 0x3a;
const DOT = 0x2e;

function readIpv4(bytes: Uint8Array, start: number, end: number, out: AddressWords): 0 | 4 {
  let word = 0;
  let at = start;
  for (let octets = 0; octets < 4; octets++) {
    if (octets > 0 && bytes[at++] !== DOT) return 0;
    let digit = (bytes[at] ?? 0) - 0x30;
    if (at >= end || digit < 0 || digit > 9) return 0;
    let octet = digit;
    at++;
    while (at < end) {
      digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      if (octet === 0) return 0;
      octet = octet * 10 + digit;
      if (octet > 255) return 0;
      at++;
    }
    word = (word << 8) | octet;
  }
  if (at !== end) return 0;
  out[0] = out[1] = out[2] = 0;
  out[3] = word >>> 0;
  return 4;
}

const groups = new Uint16Array(8);

function readIpv6(bytes: Uint8Array, start: number, end: number, out: AddressWords): 0 | 4 | 6 {
  let filled = 0;
  let gap = -1;
  let at = start;
  if (bytes[at] === COLON) {
    if (bytes[at + 1] !== COLON || at + 1 >= end) return 0;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    if (filled === 8) return 0;
    let group = 0;
    let digits = 0;
    const groupStart = at;
    while (at < end) {
      const value = hexDigit(bytes[at]!);
      if (value < 0) break;
      if (++digits > 4) return 0;
      group = (group << 4) | value;
      at++;
    }
    if (at < end && bytes[at] === DOT) {
      if (readIpv4(bytes, groupStart, end, out) === 0) return 0;
      groups[filled++] = out[3]! >>> 16;
      groups[filled++] = out[3]! & 0xffff;
      break;
    }
    if (digits === 0) return 0;
    groups[filled++] = group;
    if (at === end) break;
    if (bytes[at++] !== COLON || at === end) return 0;
    if (bytes[at] === COLON) {
      if (gap >= 0) return 0;
      gap = filled;
      at++;
    }
  }
  if (gap < 0 ? filled !== 8 : filled > 7) return 0;
  if (gap >= 0) {
    groups.copyWithin(8 - (filled - gap), gap, filled);
    groups.fill(0, gap, 8 - (filled - gap));
  }
  for (let word = 0; word < 4; word++) out[word] = ((groups[word * 2]! << 16) | groups[word * 2 + 1]!) >>> 0;
  if (out[0] === 0 && out[1] === 0 && out[2] === 0xffff) {
    out[2] = 0;
    return 4;
  }
  return 6;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const encoder = new TextEncoder();
const scratch: AddressWords = new Uint32Array(4);

/** The address that `text` spells, by the rules of `readAddress`; null where it spells none. */
export function parseAddress(text: string): Network | null {
  if (text.length > 45) return null;
  const bytes = encoder.encode(text);
  const family = readAddress(bytes, 0, bytes.length, scratch);
  return family === 0 ? null : new Network(family, scratch[0]!, scratch[1]!, scratch[2]!, scratch[3]!);
}

/** An address or a network in CIDR notation; host bits are cleared. A mapped network (`::ffff:0:0/96` and narrower) is IPv4. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null || slash < 0) return address;
  const spelled = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(spelled)) return null;
  const mapped = address.family === 4 && text.includes(':');
  const prefix = Number(spelled) - (mapped ? 96 : 0);
  if (prefix < 0 || prefix > fullPrefix(address.family)) return null;
  return new Network(address.family, address.a, address.b, address.c, address.d, prefix);
}
