import { createServer } from 'node:http';

/*
 * A WordPress site, as far as a firewall can tell: something that answers on port 80. Runs in the server's namespace;
 * `web-server.ts ADDRESS…` leaves its other addresses to others.
 */

for (const address of process.argv.slice(2)) {
  createServer((_request, response) => response.end('Just another WordPress site\n')).listen(80, address);
}
