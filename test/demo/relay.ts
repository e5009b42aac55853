import { connect, createServer, type NetConnectOpts, type Server } from 'node:net';

/** A server that passes every connection on to `target`, whole, in both directions. */
export const createRelay = (target: NetConnectOpts): Server =>
  createServer((near) => {
    const far = connect(target);
    near.pipe(far).pipe(near);
    // What one side breaks off is broken off on the other; what it has ended is delivered first.
    near.on('error', () => far.destroy()).on('close', () => far.destroy());
    far.on('error', () => near.destroy());
  });
