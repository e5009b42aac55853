import type { Channel, EventName, IgnoredReason } from '@portcullis/contracts';
import {
  type LogPosition,
  Network,
  type ReadFailure,
  type Sender,
  type Tried,
  tagOf,
} from '@portcullis/core';

const nobody = new Network(4, 0, 0, 0, 0);
const nothing = new Uint8Array();

/**
 * A failure whose instant is not over: one of its own request may still show that it is forged. Its number, and what else speaks
 * against it, are known when it is counted. Its place is used again.
 */
export class Draft implements ReadFailure, Tried {
  time = 0;
  address = nobody;
  site = '';
  event: EventName = 'plugin';
  channel: Channel | null = null;
  name: string | null = null;
  count = 1;
  reason: IgnoredReason | null = null;
  doubts = 0;
  bytes: Uint8Array = nothing;
  start = 0;
  end = 0;
  sender: Sender | null = null;
  /** The filters that count it, as bits; 0 where it does not count. */
  filters = 0;
  /** Up to where the log is read without it, in a file as an offset; null: nothing of it was read before. */
  before: number | LogPosition | null = null;

  user(): string | null {
    return this.name;
  }

  tag(): number {
    return tagOf(this.name);
  }

  /** Copies its line, because the source uses its memory again. */
  keep(): void {
    this.bytes = this.bytes.slice(this.start, this.end);
    this.start = 0;
    this.end = this.bytes.length;
  }
}
