import { isSameText, textHash, textView } from './text-view.ts';

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
  readonly #byHash = new Map<number, { spelled: DataView; length: number; text: string }>();
  readonly #change: (text: string) => string;

  /** @param change what is to be remembered for a text */
  constructor(change: (text: string) => string = (text) => text) {
    this.#change = change;
  }

  read(view: DataView, start: number, end: number): string {
    const length = end - start;
    const hash = textHash(view, start, length > maxLength ? start : end);
    const known = this.#byHash.get(hash);
    if (known?.length === length && isSameText(known.spelled, 0, view, start, length)) return known.text;
    const spelled = new Uint8Array(view.buffer, view.byteOffset + start, length).slice();
    const text = this.#change(decoder.decode(spelled));
    if (length > maxLength) return text;
    if (this.#byHash.size >= maxRemembered) this.#byHash.clear();
    this.#byHash.set(hash, { spelled: textView(spelled), length, text });
    return text;
  }
}
