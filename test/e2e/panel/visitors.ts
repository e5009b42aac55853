import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { NetworkNamespace } from '../../support/network-namespace.ts';

export interface Visit {
  /** The visitor's address. */
  readonly from: string;
  /** The address of the site's web server, and what the visitor calls the site. */
  readonly to: string;
  readonly host: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
}

export interface Visitors extends AsyncDisposable {
  /** Asks a site. @returns the HTTP status, or why there was no answer, as `ECONNREFUSED` */
  visit(visit: Visit): Promise<number | string>;
}

/** Asks with any of its namespace's addresses: fetch() cannot choose one. */
const program = `
const http = require('node:http');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { from, to, host, path, body, type = 'application/x-www-form-urlencoded' } = JSON.parse(line);
  const tell = (outcome) => console.log(JSON.stringify(outcome));
  const request = http.request({
    host: to, port: 80, path, localAddress: from, agent: false, timeout: 20000,
    method: body === undefined ? 'GET' : 'POST',
    headers: { host, ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }) },
  }, (response) => { response.resume(); response.on('end', () => tell(response.statusCode)); });
  request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
  request.on('error', (error) => tell(error.code));
  request.end(body);
});
`;

/** People and programs that visit sites, each from an address of its own, one after the other. */
export function createVisitors(namespace: NetworkNamespace): Visitors {
  const child: ChildProcess = spawn(
    'ip',
    ['netns', 'exec', namespace.name, process.execPath, '-e', program],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  const outcomes = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    visit(visit) {
      const outcome = turn.then(async () => {
        child.stdin!.write(`${JSON.stringify(visit)}\n`);
        const { value } = await outcomes.next();
        return JSON.parse(value as string) as number | string;
      });
      turn = outcome.catch(() => undefined);
      return outcome;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
