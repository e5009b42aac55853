import assert from 'node:assert/strict';
import { type Network, parseNetwork } from '@portcullis/core';

type Value = string | number | { readonly [key: string]: Value };

/** The bytes of a MaxMind DB (format 2.0) for IPv4 and IPv6 with these records, by network; none may hold another. */
export function writeMmdb(records: { readonly [network: string]: Value }): Buffer {
  // A record of 24 bits: a node, "nothing", or a place in the data.
  const nodes: [number | null, number | null][] = [[null, null]];
  const leaves = new Map<string, number>();
  const data: Buffer[] = [];
  let size = 0;
  for (const [text, record] of Object.entries(records)) {
    const bits = bitsOf(parseNetwork(text)!);
    let node = 0;
    for (const bit of bits.slice(0, -1)) {
      nodes[node]![bit] ??= nodes.push([null, null]) - 1;
      node = nodes[node]![bit]!;
    }
    leaves.set(`${node} ${bits.at(-1)}`, size);
    const bytes = encode(record);
    data.push(bytes);
    size += bytes.length;
  }
  const tree = Buffer.alloc(nodes.length * 6);
  for (const [node, sides] of nodes.entries()) {
    for (const [bit, next] of sides.entries()) {
      const leaf = leaves.get(`${node} ${bit}`);
      // Behind the tree come 16 bytes of zeros, which count as data.
      const value = leaf === undefined ? (next ?? nodes.length) : nodes.length + 16 + leaf;
      assert.ok(value < 1 << 24);
      tree.writeUIntBE(value, node * 6 + bit * 3, 3);
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_781_000_000,
    database_type: 'test',
    ip_version: 6,
    node_count: nodes.length,
    record_size: 24,
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('abcdef', 'hex'),
    Buffer.from('MaxMind.com'),
    metadata,
  ]);
}

/** The way to the network through the tree; IPv4 lies under ::/96. */
function bitsOf({ family, a, b, c, d, prefix }: Network): (0 | 1)[] {
  const bits = [a, b, c, d].flatMap((word) =>
    Array.from({ length: 32 }, (_, at) => ((word >>> (31 - at)) & 1) as 0 | 1),
  );
  return bits.slice(0, family === 4 ? 96 + prefix : prefix);
}

/** A field: its type in three bits and its size in five, then the size beyond 28 in a byte of its own, then the value. */
function encode(value: Value): Buffer {
  const field = (type: number, size: number, ...content: Buffer[]) => {
    assert.ok(size < 29 + 256);
    const head = size < 29 ? [(type << 5) | size] : [(type << 5) | 29, size - 29];
    return Buffer.concat([Buffer.from(head), ...content]);
  };
  if (typeof value === 'string') return field(2, Buffer.byteLength(value), Buffer.from(value));
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return field(6, 4, bytes);
  }
  const entries = Object.entries(value);
  return field(7, entries.length, ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)]));
}
