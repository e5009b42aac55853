const decoder = new TextDecoder();
const maxRemembered = 4096;
/** In bytes; what is longer is read anew each time. */
const maxLength = 255;

/**
 * Texts that come again and again, read from bytes without decoding them again: decoding costs more than all else that is
 * done with a line. Remembers up to 4,096 spellings and then starts over: they are text that clients choose. Invalid
 * UTF-8 is replaced.
 */
export class Spellings {
  readonly #byHash = new Map<number, { spelled: Uint8Array; text: string }>();
  readonly #change: (text: string) => string;

  /** @param change what is to be remembered for a text */
  constructor(change: (text: string) => string = (text) => text) {
    this.#change = change;
  }

  read(bytes: Uint8Array, start: number, end: number): string {
    if (end - start > maxLength) return this.#change(decoder.decode(bytes.subarray(start, end)));
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const known = this.#byHash.get(hash);
    if (known !== undefined && same(known.spelled, bytes, start, end)) return known.text;
    const spelled = new Uint8Array(bytes.subarray(start, end));
    const text = this.#change(decoder.decode(spelled));
    if (this.#byHash.size >= maxRemembered) this.#byHash.clear();
    this.#byHash.set(hash, { spelled, text });
    return text;
  }
}

const same = (spelled: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean => {
  if (spelled.length !== end - start) return false;
  for (let i = 0; i < spelled.length; i++) if (spelled[i] !== bytes[start + i]) return false;
  return true;
};
