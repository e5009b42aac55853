import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { type Network, parseNetwork } from '@portcullis/core';
import {
  createNamespace,
  type NetworkNamespace,
  namespacesLeftOut,
} from '../../../../test/support/network-namespace.ts';
import { waitFor } from '../../../../test/support/wait-for.ts';
import { createExec, type Exec } from '../exec.ts';
import { Connections, type ConnectionsOptions } from './connections.ts';

const clients = ['198.51.100.7', '198.51.100.8', '203.0.113.9', '2001:db8:5::7', '2001:db8:6::7'];
const network = (text: string) => parseNetwork(text)!;
const bans = (...networks: Network[]) => networks.map((each) => ({ network: each }));

/** Servers on [::]:8081 and 8090, and a connection from each address to each of them. Says which the servers lost. */
const server = `
  import net from 'node:net';
  const addresses = ${JSON.stringify(clients)};
  for (const port of [8081, 8090]) {
    net.createServer((socket) => {
      const from = socket.remoteAddress.replace('::ffff:', '') + ' ' + port;
      console.log('open ' + from);
      socket.on('error', () => {}).on('close', () => console.log('closed ' + from)).resume();
    }).listen(port, '::', () => {
      for (const localAddress of addresses) {
        const host = localAddress.includes(':') ? '::1' : '127.0.0.1';
        net.connect({ port, host, localAddress }).on('error', () => {});
      }
    });
  }
  process.stdin.on('end', () => process.exit()).resume();
`;

async function connect(namespace: NetworkNamespace) {
  const child = spawn(
    'ip',
    ['netns', 'exec', namespace.name, process.execPath, '--input-type=module', '--eval', server],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const said: string[] = [];
  createInterface(child.stdout).on('line', (line) => void said.push(line));
  const those = (word: string) =>
    said
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.slice(word.length + 1))
      .sort();
  await waitFor('all are connected', () => Promise.resolve(those('open').length === clients.length * 2));
  return {
    /** The kernel's tables of the namespace. */
    tables: `/proc/${child.pid}/net`,
    closed: () => those('closed'),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

describe('connections of banned addresses', { skip: namespacesLeftOut }, () => {
  let namespace: NetworkNamespace;
  before(async () => {
    namespace = await createNamespace();
    for (const ip of clients) {
      const length = ip.includes(':') ? 128 : 32;
      await namespace.run(
        'ip',
        'address',
        'add',
        `${ip}/${length}`,
        'dev',
        'lo',
        ...(length === 128 ? ['nodad'] : []),
      );
    }
  });
  after(() => namespace[Symbol.asyncDispose]());

  /** Counts the programs that run. */
  function create(
    { tables }: { tables: string },
    options: Partial<ConnectionsOptions> = {},
    ports = ['8081'],
  ) {
    const argvs: string[] = [];
    const counting: Exec = (argv, more) => {
      argvs.push(argv.join(' '));
      return namespace.exec(argv, more);
    };
    counting.lines = (argv, take, more) => {
      argvs.push(argv.join(' '));
      return namespace.exec.lines(argv, take, more);
    };
    counting.follow = namespace.exec.follow;
    counting.converse = namespace.exec.converse;
    counting.atOnce = namespace.exec.atOnce;
    const closed: number[] = [];
    const troubles: string[] = [];
    const connections = new Connections({
      config: { ports, closeConnections: true, backend: 'ipset' },
      exec: counting,
      tables,
      onClosed: (count) => void closed.push(count),
      onTrouble: (sentence) => void troubles.push(sentence),
      ...options,
    });
    return { connections, argvs, closed, troubles };
  }

  it('are closed on the banned ports, for IPv4, IPv6 and whole networks; all others stay', async () => {
    await using sockets = await connect(namespace);
    const { connections, argvs, closed, troubles } = create(sockets);
    connections.banned(bans(network('198.51.100.7'), network('2001:db8:5::/64'), network('203.0.113.0/24')));
    const gone = ['198.51.100.7 8081', '2001:db8:5::7 8081', '203.0.113.9 8081'];
    await waitFor('they are closed', async () => sockets.closed().length === gone.length);
    assert.deepEqual(sockets.closed(), gone);
    await waitFor('that is told', async () => closed.length > 0);
    assert.deepEqual([closed, troubles, argvs.length], [[3], [], 1]);
    await connections.stop();
  });

  it('of a gentle ban are closed on the web’s ports only, and on the others when it is one no longer', async () => {
    await using sockets = await connect(namespace);
    const { connections } = create(sockets, {}, ['8080:8082', '8090']);
    connections.banned([{ network: network('198.51.100.8'), gentle: true }]);
    // What comes behind shows that the first is through.
    connections.banned(bans(network('203.0.113.9')));
    await waitFor('the last are closed', async () => sockets.closed().length === 2);
    assert.deepEqual(sockets.closed(), ['203.0.113.9 8081', '203.0.113.9 8090']);
    connections.banned([
      { network: network('198.51.100.8'), gentle: true },
      ...bans(network('198.51.100.8')),
    ]);
    connections.banned([{ network: network('198.51.100.8'), gentle: true }]);
    await waitFor('all of its are closed', async () => sockets.closed().length === 4);
    await connections.stop();
  });

  it('are found among thousands of bans, for which one program runs, and none where there are no connections', async () => {
    await using sockets = await connect(namespace);
    const { connections, argvs } = create(sockets, {}, ['8081', '8085:8095']);
    const many = Array.from({ length: 5_000 }, (_, n) => network(`198.18.${n >> 8}.${n & 255}`));
    connections.banned(bans(...many, network('198.51.100.8'), network('2001:db8:6::/64')));
    for (const each of many.slice(0, 100)) connections.banned(bans(each));
    await waitFor('they are closed', async () => sockets.closed().length === 4);
    assert.deepEqual(sockets.closed(), [
      '198.51.100.8 8081',
      '198.51.100.8 8090',
      '2001:db8:6::7 8081',
      '2001:db8:6::7 8090',
    ]);
    await connections.stop();
    assert.equal(argvs.length, 1, argvs.join('\n'));
  });

  it('stay where the ban was lifted before its turn, where it is configured so, and in a dry run', async () => {
    await using sockets = await connect(namespace);
    const lifted = create(sockets);
    lifted.connections.banned(bans(network('192.0.2.1')));
    lifted.connections.banned(bans(network('198.51.100.7')));
    lifted.connections.unbanned([network('198.51.100.7')]);
    for (const config of [
      { ports: ['8081'], closeConnections: false, backend: 'ipset' as const },
      { ports: ['8081'], closeConnections: true, backend: 'dry-run' as const },
    ]) {
      const { connections, argvs } = create(sockets, { config });
      connections.banned(bans(network('198.51.100.7')));
      await connections.stop();
      assert.deepEqual(argvs, []);
    }
    // What comes behind shows that the first is through.
    lifted.connections.banned(bans(network('198.51.100.8')));
    await waitFor('the last is closed', async () => sockets.closed().length > 0);
    assert.deepEqual(sockets.closed(), ['198.51.100.8 8081']);
    await lifted.connections.stop();
  });

  it('that cannot be closed are told of once, and nothing is started any more', async () => {
    await using sockets = await connect(namespace);
    const { connections, argvs, troubles } = create(sockets, { exec: createExec({ path: '/nowhere' }) });
    for (const ip of clients) {
      connections.banned(bans(network(ip)));
      await waitFor('it is told', async () => troubles.length === 1);
    }
    await connections.stop();
    assert.match(troubles.join(), /not closed: the program ss is missing: install iproute2\. The bans hold/);
    assert.deepEqual(argvs, []);
  });

  it('of a kernel that refuses are told of once: what is still there tells', async () => {
    await using sockets = await connect(namespace);
    const argvs: string[] = [];
    // As ss does where the kernel answers EOPNOTSUPP: nothing, with exit code 0.
    const exec: Exec = (argv, more) => {
      argvs.push(argv.join(' '));
      return namespace
        .exec(argv.filter((word) => word !== '--kill') as never, more)
        .then((result) => (argv.includes('--kill') ? { ...result, stdout: '' } : result));
    };
    exec.lines = namespace.exec.lines;
    exec.follow = namespace.exec.follow;
    exec.converse = namespace.exec.converse;
    exec.atOnce = namespace.exec.atOnce;
    const { connections, troubles } = create(sockets, { exec });
    connections.banned(bans(network('198.51.100.7')));
    await waitFor('it is told', async () => troubles.length === 1);
    connections.banned(bans(network('198.51.100.8')));
    await connections.stop();
    assert.match(troubles[0]!, /this kernel cannot/);
    assert.deepEqual([argvs.length, sockets.closed()], [2, []]);
  });
});
