import { connect, createServer, type NetConnectOpts, type Server } from 'node:net';
import { pipeline } from 'node:stream';

/** A server that passes every connection on to `target`, whole, in both directions. */
export const createRelay = (target: NetConnectOpts): Server =>
  createServer((near) => {
    const far = connect(target);
    // What one side breaks off is broken off on the other.
    pipeline(near, far, near, () => undefined);
  });
