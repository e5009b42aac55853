import { connect } from 'node:net';

/*
 * One visit, run in the visitors' namespace: `visit.ts FROM TO` asks TO for its login page from the address FROM and
 * prints what came of it: `accepted`, or `refused` and the system's word for it.
 */

const [from = '', to = ''] = process.argv.slice(2);
const socket = connect({ host: to, port: 80, localAddress: from, timeout: 2_000 });
socket.on('connect', () =>
  socket.write('GET /wp-login.php HTTP/1.1\r\nHost: blog.example.com\r\nConnection: close\r\n\r\n'),
);
socket.on('data', (answer) => tell(`accepted ${String(answer).split('\r\n')[0]}`));
socket.on('timeout', () => tell('refused ETIMEDOUT'));
socket.on('error', (error: NodeJS.ErrnoException) => tell(`refused ${error.code}`));

function tell(outcome: string): void {
  console.log(outcome);
  process.exit();
}
