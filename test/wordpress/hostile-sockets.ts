import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** What a program that is not our daemon, or not any more, may do with a connection. */
const manners: Readonly<Record<string, (socket: Socket) => void>> = {
  hanging: () => {},
  closing: (socket) => socket.end(),
  trickling: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{');
    const timer = setInterval(() => socket.write(' '), 50);
    socket.once('close', () => clearInterval(timer));
  },
  banner: (socket) => socket.end('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'),
  html: (socket) => socket.end(http('200 OK', '<h1>It works!</h1>', 'text/html')),
  docker: (socket) => socket.end(http('404 Not Found', '{"message":"page not found"}')),
  json: (socket) => socket.end(http('200 OK', '{"ApiVersion":"1.43"}')),
  pretending: (socket) => socket.end(http('200 OK', '{"items":[{"ip":["x"]}],"next":null,"total":1}')),
  list: (socket) => socket.end(http('200 OK', '[]')),
  announcing: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5000000000\r\n\r\n{"items":'),
  endless: (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n["');
    const pour = () => {
      while (socket.writable && socket.write('x'.repeat(65_536)));
    };
    socket.on('drain', pour);
    pour();
  },
  older: (socket) => socket.end(http('200 OK', '{"version":"0.0.9","healthy":true,"bans":{}}')),
  unrouted: (socket) => socket.end(problem(404, 'unknown_route', 'There is no GET /v1/status.')),
  tokenless: (socket) => socket.end(problem(401, 'unauthorized', 'There is no such token.')),
  shared: (socket) => socket.end(problem(409, 'shared_evidence', '2 other sites have evidence.', 'Ask.')),
};

/** Answers each request as a daemon of the plugin's version might, with the request itself beside it. */
const echo = (socket: Socket) => {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    const [head = '', body] = text.split('\r\n\r\n');
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (body === undefined || body.length < length) return;
    socket.end(http('200 OK', JSON.stringify({ ...answer, request: text })));
  });
};

const { version } = JSON.parse(
  readFileSync(new URL('../../wp-plugin/package.json', import.meta.url), 'utf8'),
);
const status = { version, healthy: true, bans: { wanted: 0, enforced: 0 } };
const identity = { id: 'blog', domains: [], mode: 'isolated', rights: [], last_event_at: null };
const answer = { ...status, ...identity, items: [], next: null, total: 0 };

function http(status: string, body: string, type = 'application/json'): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

function problem(status: number, code: string, detail: string, hint?: string): string {
  const document = { type: `urn:portcullis:${code}`, title: code, status, code, detail, hint };
  return http(`${status} Problem`, JSON.stringify(document), 'application/problem+json');
}

export interface HostileSockets extends AsyncDisposable {
  readonly directory: string;
  /** How many connections the socket of this name has had; `elsewhere` is where `redirecting` leads, by TCP. */
  connections(name: string): number;
}

/** Sockets `<name>.sock` in a folder, one for each way to misbehave; `refusing.sock` has nobody behind it. */
export async function openHostileSockets(directory: string): Promise<HostileSockets> {
  mkdirSync(directory, { mode: 0o755 });
  const elsewhere = createServer((socket) => {
    counts.set('elsewhere', (counts.get('elsewhere') ?? 0) + 1);
    socket.destroy();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, 'localhost', resolve));
  const { port } = elsewhere.address() as AddressInfo;
  const redirecting = (socket: Socket) =>
    socket.end(
      `HTTP/1.1 302 Found\r\nLocation: http://localhost:${port}/v1/status\r\nContent-Length: 0\r\n\r\n`,
    );
  const counts = new Map<string, number>();
  const open = new Set<Socket>();
  const servers: Server[] = [elsewhere];
  for (const [name, behave] of Object.entries({ ...manners, redirecting, echo })) {
    const server = createServer((socket) => {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      open.add(socket);
      socket.on('close', () => open.delete(socket)).on('error', () => {});
      if (name !== 'echo') socket.resume();
      behave(socket);
    });
    await listen(server, join(directory, `${name}.sock`));
    servers.push(server);
  }
  await leaveSocket(directory);
  return {
    directory,
    connections: (name) => counts.get(name) ?? 0,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await Promise.all(servers.map(close));
    },
  };
}

/** A server removes its socket when it closes; this one does not find it. */
async function leaveSocket(directory: string): Promise<void> {
  const server = createServer();
  await listen(server, join(directory, 'left.sock'));
  renameSync(join(directory, 'left.sock'), join(directory, 'refusing.sock'));
  await close(server);
}

const listen = (server: Server, path: string) =>
  new Promise<void>((resolve) => server.listen({ path, readableAll: true, writableAll: true }, resolve));
const close = (server: Server) => new Promise((resolve) => server.close(resolve));
