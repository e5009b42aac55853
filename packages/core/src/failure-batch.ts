import type { Channel, EventName, IgnoredReason } from '@portcullis/contracts';
import { Network } from './address.ts';
import { grown } from './grown.ts';
import type { FailureRecord, Sender } from './ports.ts';

const initialLength = 256;

/** A failure as it was read: its line stands in memory that is used again, and what is known only when it is counted is not here. */
export interface ReadFailure extends Omit<FailureRecord, 'id' | 'user' | 'reason' | 'doubts' | 'line'> {
  /** The user's. */
  readonly name: string | null;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * The failures of a part of a log, in columns that are used again for the next part: `length` of each hold something. An object
 * for each failure would live as long as the part is read and be copied by the garbage collector twice, an eighth of the
 * time that lines take.
 */
export class FailureBatch {
  length = 0;
  ids = new Float64Array(initialLength);
  times = new Float64Array(initialLength);
  families = new Uint8Array(initialLength);
  /** Four words of each address, the highest first; of IPv4 the last has all. */
  words = new Uint32Array(4 * initialLength);
  counts = new Uint32Array(initialLength);
  doubts = new Uint32Array(initialLength);
  readonly sites: string[] = [];
  readonly users: (string | null)[] = [];
  readonly events: EventName[] = [];
  readonly channels: (Channel | null)[] = [];
  readonly reasons: (IgnoredReason | null)[] = [];
  readonly senders: (Sender | null)[] = [];
  /** The line of each is in these bytes, from `starts` to `ends`. */
  readonly bytes: Uint8Array[] = [];
  starts = new Uint32Array(initialLength);
  ends = new Uint32Array(initialLength);

  static of(records: Iterable<FailureRecord>): FailureBatch {
    const batch = new FailureBatch();
    for (const record of records) {
      const { id, user: name, reason, doubts, line: bytes } = record;
      batch.add({ ...record, name, bytes, start: 0, end: bytes.length }, id, reason, doubts);
    }
    return batch;
  }

  clear(): void {
    this.length = 0;
  }

  add(failure: ReadFailure, id: number, reason: IgnoredReason | null, doubts: number): void {
    const at = this.length++;
    if (at === this.ids.length) this.#grow();
    const { a, b, c, d, family } = failure.address;
    this.ids[at] = id;
    this.times[at] = failure.time;
    this.families[at] = family;
    this.words[4 * at] = a;
    this.words[4 * at + 1] = b;
    this.words[4 * at + 2] = c;
    this.words[4 * at + 3] = d;
    this.counts[at] = failure.count;
    this.doubts[at] = doubts;
    this.sites[at] = failure.site;
    this.users[at] = failure.name;
    this.events[at] = failure.event;
    this.channels[at] = failure.channel;
    this.reasons[at] = reason;
    this.senders[at] = failure.sender;
    this.bytes[at] = failure.bytes;
    this.starts[at] = failure.start;
    this.ends[at] = failure.end;
  }

  /** All of the nth, from 0 on; its line is valid as long as the batch. */
  at(nth: number): FailureRecord {
    const [a, b, c, d] = this.words.subarray(4 * nth, 4 * nth + 4);
    return {
      id: this.ids[nth]!,
      time: this.times[nth]!,
      address: new Network(this.families[nth]! as 4 | 6, a!, b!, c!, d!),
      site: this.sites[nth]!,
      event: this.events[nth]!,
      channel: this.channels[nth]!,
      user: this.users[nth]!,
      count: this.counts[nth]!,
      reason: this.reasons[nth]!,
      doubts: this.doubts[nth]!,
      line: this.bytes[nth]!.subarray(this.starts[nth], this.ends[nth]),
      sender: this.senders[nth]!,
    };
  }

  #grow(): void {
    const length = 2 * this.ids.length;
    this.ids = grown(this.ids, length);
    this.times = grown(this.times, length);
    this.families = grown(this.families, length);
    this.words = grown(this.words, 4 * length);
    this.counts = grown(this.counts, length);
    this.doubts = grown(this.doubts, length);
    this.starts = grown(this.starts, length);
    this.ends = grown(this.ends, length);
  }
}
