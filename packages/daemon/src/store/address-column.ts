import { Network } from '@portcullis/core';

/** An address as the database holds it: IPv4 as a number, IPv6 as its 16 bytes. */
export type AddressColumn = number | Uint8Array;

export const toColumn = (network: Network): AddressColumn =>
  network.family === 4 ? network.d : bytesOf(network.a, network.b, network.c, network.d);

export function fromColumn(address: AddressColumn, prefix?: number): Network {
  if (typeof address === 'number') return new Network(4, 0, 0, 0, address, prefix);
  const words = new DataView(address.buffer, address.byteOffset, 16);
  return new Network(
    6,
    words.getUint32(0),
    words.getUint32(4),
    words.getUint32(8),
    words.getUint32(12),
    prefix,
  );
}

/** The highest address of a network. */
export function lastAddress({ family, a, b, c, d, prefix }: Network): AddressColumn {
  if (family === 4) return (d | hostBits(prefix)) >>> 0;
  return bytesOf(
    a | hostBits(prefix),
    b | hostBits(prefix - 32),
    c | hostBits(prefix - 64),
    d | hostBits(prefix - 96),
  );
}

const hostBits = (prefix: number): number =>
  prefix <= 0 ? 0xffffffff : prefix >= 32 ? 0 : 0xffffffff >>> prefix;

function bytesOf(a: number, b: number, c: number, d: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const words = new DataView(bytes.buffer);
  words.setUint32(0, a);
  words.setUint32(4, b);
  words.setUint32(8, c);
  words.setUint32(12, d);
  return bytes;
}
