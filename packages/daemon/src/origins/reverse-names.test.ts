import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Network, parseNetwork } from '@portcullis/core';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { ReverseNames } from './reverse-names.ts';

/** A DNS server on loopback that answers PTR queries with what `answer` says of the queried name; null: never. */
async function serveDns(context: TestContext, answer: (name: string) => string | null) {
  const socket = dgram.createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, { address, port }) => {
    const labels: string[] = [];
    let at = 12;
    for (; query[at] !== 0; at += query[at]! + 1)
      labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    const name = labels.join('.');
    asked.push(name);
    const text = answer(name);
    if (text === null) return;
    const target = Buffer.concat([
      ...text
        .split('.')
        .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
      Buffer.from([0]),
    ]);
    const reply = Buffer.concat([
      query.subarray(0, 2),
      // A response without error: one question, one answer.
      Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]),
      query.subarray(12, at + 5),
      // The question's name, PTR, IN, 60 s, and the length of the name.
      Buffer.from([0xc0, 0x0c, 0, 12, 0, 1, 0, 0, 0, 60, target.length >> 8, target.length & 255]),
      target,
    ]);
    socket.send(reply, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  context.after(() => socket.close());
  return { servers: [`127.0.0.1:${socket.address().port}`], asked };
}

const network = (ip: string): Network => parseNetwork(ip)!;
const fixed = { now: () => 1_000_000 };

test('whoever asks is told nothing at first and the name later, and asking again asks nobody', async (context) => {
  const { servers, asked } = await serveDns(context, () => 'Mail.Example.ORG');
  const names = new ReverseNames({ clock: fixed, servers });
  assert.equal(names.get(network('198.51.100.7')), null);
  assert.equal(
    await waitFor('the name', () => names.get(network('198.51.100.7')) ?? undefined),
    'mail.example.org',
  );
  assert.equal(
    await waitFor('the name', () => names.get(network('2001:db8::1')) ?? undefined),
    'mail.example.org',
  );
  assert.deepEqual(asked, [
    '7.100.51.198.in-addr.arpa',
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
  ]);
});

test('a network of many addresses has no name and is not asked for', async (context) => {
  const { servers, asked } = await serveDns(context, () => 'example.org');
  const names = new ReverseNames({ clock: fixed, servers });
  assert.equal(names.get(network('2001:db8::/64')), null);
  await waitFor('a name', () => names.get(network('198.51.100.7')) ?? undefined);
  assert.deepEqual(asked, ['7.100.51.198.in-addr.arpa']);
});

test('a name that is no host name is none: whoever holds the address chose its bytes', async (context) => {
  const hostile = [
    '<script>',
    'a b',
    '\u001b[2J',
    'a'.repeat(63).concat('.').repeat(4).concat('x'),
    '*',
    '<!channel>',
  ];
  const { servers, asked } = await serveDns(
    context,
    (name) => hostile[Number(name.split('.')[0])] ?? 'good.example',
  );
  const names = new ReverseNames({ clock: fixed, servers });
  for (const at of hostile.keys()) names.get(network(`198.51.100.${at}`));
  assert.equal(
    await waitFor('a name', () => names.get(network('198.51.100.200')) ?? undefined),
    'good.example',
  );
  await waitFor('all are asked for', () => asked.length === hostile.length + 1);
  for (const at of hostile.keys()) assert.equal(names.get(network(`198.51.100.${at}`)), null);
});

test('a server that never answers is asked four questions at once, and no caller waits', async (context) => {
  const { servers, asked } = await serveDns(context, () => null);
  const names = new ReverseNames({ clock: fixed, servers });
  for (let at = 0; at < 1000; at++) assert.equal(names.get(new Network(4, 0, 0, 0, at)), null);
  await waitFor('the first questions', () => asked.length >= 4);
  assert.equal(new Set(asked).size, 4);
});

test('at most 120 addresses are asked for in a minute, and the rest in the next one', async (context) => {
  const { servers, asked } = await serveDns(context, () => 'example.org');
  const clock = {
    time: 0,
    now() {
      return this.time;
    },
  };
  const names = new ReverseNames({ clock, servers });
  for (let at = 0; at < 150; at++) names.get(new Network(4, 0, 0, 0, 1000 + at));
  await waitFor(
    'a minute of questions',
    () => (asked.length >= 120 && names.get(new Network(4, 0, 0, 0, 1119))) ?? undefined,
  );
  assert.equal(names.get(new Network(4, 0, 0, 0, 1149)), null);
  assert.equal(asked.length, 120);
  clock.time = 60_000;
  await waitFor('the rest', () => names.get(new Network(4, 0, 0, 0, 1149)) ?? undefined);
  assert.equal(asked.length, 150);
});
