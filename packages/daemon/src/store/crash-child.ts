import { FailureBatch } from '@portcullis/core';
import { ban, failure, network } from '../../../../test/support/ban-store-conformance.ts';
import { createStore } from './sqlite.ts';

/**
 * A daemon reduced to its store: transactions of 40 failures, a ban and a position, for ever. Says `ready` first and
 * waits to be killed.
 */
const store = createStore({
  path: process.argv[2]!,
  clock: { now: () => 0 },
  retention: { historyMs: null, failuresMs: null, auditMs: null },
});
process.stdout.write('ready\n');
for (;;) {
  const last = store.lastFailureId();
  store.transaction(() => {
    for (let row = 1; row <= 40; row++) store.insertFailures(FailureBatch.of([failure(last + row)]));
    const bans = last / 40 + 1;
    store.insertBan(ban({ network: network(`10.${bans >> 16}.${(bans >> 8) & 255}.${bans & 255}`) }));
    store.savePosition({ log: 'a', path: 'a', device: 1, inode: 1, head: '0:', offset: (last + 40) * 100 });
  });
}
