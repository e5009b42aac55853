import { open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { Network } from '@portcullis/core';

/** Established, and closed by the peer alone (TCP_ESTABLISHED and TCP_CLOSE_WAIT in include/net/tcp_states.h). */
const states = new Set(['01', '08']);
const hexWord = /[0-9A-F]{8}/g;

/**
 * Which of some networks, by their texts, hold a TCP connection to this host: from the kernel's tables (proc_pid_net(5), `tcp` and `tcp6`).
 * To read them costs no process: most banned addresses hold none. Reads in pieces, whatever there is.
 *
 * @param folder where the tables are: `/proc/net`, or another process's
 */
export async function withConnections(networks: Iterable<Network>, folder: string): Promise<Set<string>> {
  const wanted = new Set<string>();
  const prefixes = { 4: new Set<number>(), 6: new Set<number>() };
  for (const network of networks) {
    wanted.add(String(network));
    prefixes[network.family].add(network.prefix);
  }
  const found = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    for await (const line of lines(`${folder}/${table}`)) {
      const [, , remote = '', state = ''] = line.trimStart().split(/ +/, 4);
      if (!states.has(state)) continue;
      const peer = peerOf(remote);
      for (const prefix of prefixes[peer.family]) {
        const network = String(peer.widen(prefix));
        if (wanted.has(network)) found.add(network);
      }
    }
  }
  return found;
}

async function* lines(path: string): AsyncIterable<string> {
  try {
    const file = await open(path);
    yield* file.readLines({ encoding: 'latin1' });
  } catch (error) {
    // Without IPv6 in the kernel there is no tcp6.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** @param remote an address as words in the byte order of this host, and a port: `0100007F:1F90` */
function peerOf(remote: string): Network {
  const words = (remote.match(hexWord) ?? []).map((word) => {
    const value = Number.parseInt(word, 16);
    return endianness() === 'LE' ? swap(value) : value;
  });
  const [a = 0, b = 0, c = 0, d = 0] = words;
  if (words.length === 1) return new Network(4, 0, 0, 0, a);
  return a === 0 && b === 0 && c === 0xffff ? new Network(4, 0, 0, 0, d) : new Network(6, a, b, c, d);
}

const swap = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
