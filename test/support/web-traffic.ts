import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createNamespace, type NetworkNamespace } from './network-namespace.ts';

/** How a TCP connection went: accepted, or the error's code. */
export type Outcome = 'accepted' | 'ECONNREFUSED' | 'timeout' | string;

export interface WebTraffic extends AsyncDisposable {
  /** Tries to reach the host's web server, or another port that it answers at, from one of the visitors' addresses. */
  connectFrom(ip: string, port?: number): Promise<Outcome>;
}

/** The host's side of the link. */
export const hostAddresses = ['198.51.100.1', '2001:db8:a::1'];

const server = `
const net = require('node:net');
const ports = process.argv.slice(1);
let listening = 0;
for (const port of ports)
  net.createServer((socket) => { socket.on('error', () => {}); socket.end('hello'); })
    .listen({ port, host: '::', ipv6Only: false }, () => ++listening === ports.length && console.log('listening'));
`;
const prober = `
const net = require('node:net');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [ip, port] = line.split(' ');
  const host = ip.includes(':') ? '2001:db8:a::1' : '198.51.100.1';
  const socket = net.connect({ host, port, localAddress: ip });
  const answer = (outcome) => { socket.destroy(); console.log(line + ' ' + outcome); };
  socket.setTimeout(2000, () => answer('timeout'));
  socket.once('connect', () => answer('accepted'));
  socket.once('error', (error) => answer(error.code));
});
`;

/**
 * A network of visitors, joined to the host's by a cable, and a web server on the host, at port 80 and others.
 *
 * @param visitors their addresses: IPv4 of 198.51.100.0/24, IPv6 of 2001:db8::/32
 */
export async function createWebTraffic(
  host: NetworkNamespace,
  visitors: readonly string[],
  otherPorts: readonly number[] = [],
): Promise<WebTraffic> {
  await using undo = new AsyncDisposableStack();
  const outside = undo.use(await createNamespace());
  const cable = ['link', 'add', 'web', 'netns', host.name, 'type', 'veth', 'peer', 'name', 'web'] as const;
  await outside.run('ip', ...cable, 'netns', outside.name);
  const addresses = (ips: readonly string[]) =>
    ips.map((ip) => (ip.includes(':') ? `addr add ${ip}/32 dev web nodad` : `addr add ${ip}/24 dev web`));
  for (const [side, ips] of [
    [host, hostAddresses],
    [outside, visitors],
  ] as const) {
    await side.exec(['ip', '-batch', '-'], { input: [...addresses(ips), 'link set web up'].join('\n') });
  }
  const start = (namespace: NetworkNamespace, script: string, ...args: string[]): ChildProcess => {
    const argv = ['netns', 'exec', namespace.name, process.execPath, '-e', script, ...args];
    const child = spawn('ip', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    undo.defer(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    return child;
  };
  const web = start(host, server, ...[80, ...otherPorts].map(String));
  await once(web.stdout!, 'data');
  const visitor = start(outside, prober);
  const waiting = new Map<string, (outcome: Outcome) => void>();
  createInterface({ input: visitor.stdout! }).on('line', (line) => {
    const [ip, port, outcome] = line.split(' ');
    waiting.get(`${ip} ${port}`)?.(outcome!);
    waiting.delete(`${ip} ${port}`);
  });
  const resources = undo.move();
  return {
    connectFrom(ip, port = 80) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      waiting.set(`${ip} ${port}`, resolve);
      visitor.stdin!.write(`${ip} ${port}\n`);
      return promise;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
