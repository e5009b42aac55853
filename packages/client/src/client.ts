import {
  type Answer,
  type Body,
  maxPageSize,
  type Page,
  type Params,
  PortcullisError,
  type Query,
  type Route,
  type RouteName,
  routes,
} from '@portcullis/contracts';
import type { Agent, Dispatcher } from 'undici';
import { maxAnswerBytes, readAnswer } from './answer.ts';
import { type ClientEvent, readEvents } from './events.ts';
import { explainFailure } from './unreachable.ts';

export interface ClientOptions {
  readonly socketPath: string;
  /** How long the daemon may take to answer, in ms. */
  readonly timeout?: number;
}

/** What a route takes: `params`, `query` and `body`, as far as it has them. */
export type CallInput<N extends RouteName> = Inputs[N];
type Inputs = {
  [N in RouteName]: (Params<N> extends undefined ? object : { readonly params: Params<N> }) &
    (Query<N> extends undefined ? object : { readonly query?: Partial<Query<N>> }) &
    (Body<N> extends undefined ? object : { readonly body: Body<N> });
};
type Arguments<N extends RouteName> =
  Record<never, never> extends Inputs[N] ? [input?: Inputs[N]] : [input: Inputs[N]];

/** Routes that answer page by page. */
export type ListRoute = {
  [N in RouteName]: Answer<N> extends { items: unknown[] } ? N : never;
}[RouteName];
type Item<N extends ListRoute> = Answer<N> extends { items: (infer I)[] } ? I : never;

export interface Client extends AsyncDisposable {
  /** @throws PortcullisError what the daemon answered, daemon_unreachable, or bad_answer */
  call<N extends RouteName>(name: N, ...input: Arguments<N>): Promise<Answer<N>>;
  /** The pages of a list, asked for as far as they are iterated. */
  pages<N extends ListRoute>(name: N, query?: Partial<Query<N>>): AsyncGenerator<Page<Item<N>>, void>;
  /** Every item of a list, page after page, as far as it is iterated. */
  all<N extends ListRoute>(name: N, query?: Partial<Query<N>>): AsyncGenerator<Item<N>, void>;
  /** What happens from now on, until the daemon stops or the iteration ends. */
  events(options?: { signal?: AbortSignal }): AsyncGenerator<ClientEvent, void>;
}

interface Parts {
  readonly params?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
}

/** Speaks to the daemon over its Unix socket. Holds no connection until it is asked something. */
export function createClient({ socketPath, timeout = 5000 }: ClientOptions): Client {
  let agent: Promise<Agent> | undefined;

  /** Loaded only when something is asked: many commands never do, and it takes a tenth of a second. */
  async function createAgent(): Promise<Agent> {
    const { Agent } = await import('undici');
    return new Agent({
      connect: { socketPath, timeout },
      headersTimeout: timeout,
      bodyTimeout: timeout,
      maxResponseSize: maxAnswerBytes,
    });
  }

  async function send(route: Route, input: Parts, more: Partial<Dispatcher.RequestOptions> = {}) {
    try {
      agent ??= createAgent();
      return await (await agent).request({
        origin: 'http://localhost',
        method: route.method,
        path: fillPath(route.path, input),
        ...(input.body === undefined
          ? {}
          : { body: JSON.stringify(input.body), headers: { 'content-type': 'application/json' } }),
        ...more,
      });
    } catch (cause) {
      throw explainFailure(cause, socketPath, timeout);
    }
  }

  const client: Client = {
    async call(name, ...[input]) {
      const route: Route = routes[name];
      const answer = await send(route, (input ?? {}) as Parts);
      try {
        return (await readAnswer(route, answer)) as never;
      } catch (cause) {
        throw explainFailure(cause, socketPath, timeout);
      }
    },
    async *pages(name, query) {
      let cursor: string | null = null;
      do {
        const input = { query: { limit: maxPageSize, ...query, ...(cursor === null ? {} : { cursor }) } };
        const page: Page<never> = (await client.call(name, input as never)) as never;
        yield page;
        if (page.next !== null && page.next === cursor) {
          throw new PortcullisError('bad_answer', `The daemon answered the same page of ${name} twice.`);
        }
        cursor = page.next;
      } while (cursor !== null);
    },
    async *all(name, query) {
      for await (const page of client.pages(name, query)) yield* page.items;
    },
    async *events({ signal } = {}) {
      const answer = await send(routes.events, {}, { bodyTimeout: 60_000, ...(signal ? { signal } : {}) });
      if (answer.statusCode !== 200) await readAnswer(routes.events, answer);
      try {
        yield* readEvents(answer.body);
      } catch (cause) {
        if (!signal?.aborted) throw explainFailure(cause, socketPath, timeout);
      }
    },
    async [Symbol.asyncDispose]() {
      await (await agent)?.destroy();
    },
  };
  return client;
}

function fillPath(path: string, { params = {}, query = {} }: Parts): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search}`;
}
