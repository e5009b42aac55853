import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/*
 * A server in Slack's place, where the daemon runs: `slack.ts ADDRESS-FILE MESSAGE-FILE` writes its webhook's URL into the
 * first file, and each message as a line of JSON into the second.
 */

const [addressFile, messageFile] = process.argv.slice(2) as [string, string];
const server = createServer(async (request, response) => {
  appendFileSync(messageFile, `${await text(request)}\n`);
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  writeFileSync(messageFile, '');
  writeFileSync(addressFile, `http://127.0.0.1:${port}/services/${crypto.randomUUID()}\n`);
});
