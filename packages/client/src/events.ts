import { type EventType, PortcullisError, type Problem } from '@portcullis/contracts';

export interface ClientEvent {
  readonly id: number;
  readonly type: EventType;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Longest event that is read, in characters. */
const maxEventLength = 1024 * 1024;

/**
 * The events of a `text/event-stream` body (WHATWG HTML, section 9.2), until it ends.
 * @throws PortcullisError what the daemon said when it dropped us; bad_answer for what is no event
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ClientEvent, void> {
  const decoder = new TextDecoder();
  let unread = '';
  for await (const bytes of body) {
    unread += decoder.decode(bytes, { stream: true });
    const blocks = unread.split('\n\n');
    unread = blocks.pop()!;
    if (unread.length > maxEventLength) {
      throw new PortcullisError('bad_answer', `An event is longer than ${maxEventLength} characters.`);
    }
    for (const block of blocks) {
      const { event, data } = readFields(block);
      if (data === '') continue;
      const value = readJson(data);
      if (event === 'dropped') throw PortcullisError.fromProblem(value as Problem);
      yield value as ClientEvent;
    }
  }
}

function readFields(block: string): { event: string; data: string } {
  const fields = { event: '', data: '' };
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) fields.event = line.slice('event: '.length);
    if (line.startsWith('data: ')) fields.data += line.slice('data: '.length);
  }
  return fields;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PortcullisError('bad_answer', `An event is not JSON: ${text.slice(0, 60)}`, { cause });
  }
}
