import { createRelay } from './relay.ts';

/*
 * The way into the server's namespace from outside, run inside it: `door.ts SOCKET ADDRESS…` listens on a Unix socket, which
 * no namespace hides, and passes each connection on to port 80 of an address. Several pairs may follow each other.
 */

const words = process.argv.slice(2);
for (let at = 0; at + 1 < words.length; at += 2) {
  createRelay({ host: words[at + 1]!, port: 80 }).listen(words[at]);
}
