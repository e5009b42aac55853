import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** What `GET /v1/events` sent, and when it came. */
export interface ReceivedEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly receivedAt: number;
}

export interface EventStream extends Disposable {
  /** The first event, among all since the stream was opened, of which `wanted` is true. */
  next(wanted: (event: ReceivedEvent) => boolean, timeout: number): Promise<ReceivedEvent>;
}

/** Listens to the daemon's server-sent events. When it resolves, no event is missed any more. */
export async function openEvents(socketPath: string): Promise<EventStream> {
  const received: ReceivedEvent[] = [];
  let arrived = Promise.withResolvers<void>();
  const asked: ClientRequest = request({
    socketPath,
    path: '/v1/events',
    headers: { accept: 'text/event-stream' },
  });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject).end();
  });
  let unread = '';
  answer.setEncoding('utf8').on('data', (text: string) => {
    const receivedAt = performance.now();
    const blocks = (unread + text).split('\n\n');
    unread = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) received.push({ ...JSON.parse(data), receivedAt });
    }
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  answer.on('error', () => undefined);
  return {
    async next(wanted, timeout) {
      const late = AbortSignal.timeout(timeout);
      for (;;) {
        const found = received.find(wanted);
        if (found !== undefined) return found;
        if (late.aborted) throw new Error(`No such event came within ${timeout / 1000} s.`);
        const aborted = new Promise<void>((resolve) => late.addEventListener('abort', () => resolve()));
        await Promise.race([arrived.promise, aborted]);
      }
    },
    [Symbol.dispose]: () => asked.destroy(),
  };
}
