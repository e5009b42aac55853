import { PortcullisError } from '@portcullis/contracts';
import type { FastifyReply } from 'fastify';
import type { DaemonEvent } from '../operations.ts';
import type { Caller } from './caller.ts';

/** Events that wait for one client; a client that falls further behind is told so and dropped. */
export const maxWaitingEvents = 1000;
/** Clients that listen at once: of the administrator, and of one site. */
export const maxListeners = { admin: 32, site: 8 } as const;
/** A comment this often keeps the connection known to be alive. */
export const heartbeatMs = 15_000;
/** How long a dropped client may take to read what it was sent. */
const farewellMs = 5_000;

export interface EventStreams {
  /** Sends the client each event that concerns the caller from now on, until either side closes. */
  open(reply: FastifyReply, caller: Pick<Caller, 'access' | 'streams' | 'subscribe'>): Promise<void>;
  /** Ends the streams of callers of this name. */
  close(streams: string): void;
  closeAll(): void;
}

export function createEventStreams(): EventStreams {
  const all = new Map<string, Set<() => void>>();
  const close = (streams: string) => {
    for (const end of all.get(streams) ?? []) end();
  };
  return {
    async open(reply, { access, streams, subscribe }) {
      const open = all.get(streams) ?? new Set();
      if (open.size >= maxListeners[access]) {
        throw new PortcullisError('rate_limited', `${open.size} clients listen to events already.`, {
          hint: 'Close one of them, or ask GET /v1/bans from time to time.',
        });
      }
      const queue = createEventQueue();
      const unsubscribe = subscribe((event) => {
        if (queue.push(event)) return;
        unsubscribe();
        setTimeout(() => {
          if (!reply.raw.writableFinished) reply.raw.destroy();
        }, farewellMs).unref();
      });
      all.set(streams, open.add(queue.end));
      reply.sse.onClose(() => {
        unsubscribe();
        open.delete(queue.end);
        if (open.size === 0 && all.get(streams) === open) all.delete(streams);
        queue.end();
      });
      reply.sse.sendHeaders();
      // The headers reach the client with the first byte of the body: a comment tells it that it listens.
      reply.raw.write(': listening\n\n');
      await reply.sse.send(queue.messages());
    },
    close,
    closeAll() {
      for (const streams of all.keys()) close(streams);
    },
  };
}

interface Message {
  id?: string;
  event: string;
  data: unknown;
}

/** A bounded queue between the daemon, which never waits, and one client. */
export function createEventQueue(limit: number = maxWaitingEvents) {
  let waiting: DaemonEvent[] = [];
  let ended = false;
  let overflowed = false;
  let wake = () => {};
  const end = () => {
    ended = true;
    wake();
  };
  return {
    /** @returns whether the queue takes more */
    push(event: DaemonEvent): boolean {
      if (ended) return false;
      if (waiting.length < limit) {
        waiting.push(event);
        wake();
        return true;
      }
      overflowed = true;
      waiting = [];
      end();
      return false;
    },
    end,
    async *messages(): AsyncGenerator<Message> {
      for (;;) {
        const event = waiting.shift();
        if (event !== undefined) {
          yield { id: String(event.id), event: event.type, data: event };
        } else if (ended) {
          break;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      if (overflowed) {
        const sentence = `You are more than ${limit} events behind: ask for the lists, then listen again.`;
        yield { event: 'dropped', data: new PortcullisError('rate_limited', sentence).toProblem() };
      }
    },
  };
}
