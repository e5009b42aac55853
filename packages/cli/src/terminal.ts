import { styleText } from 'node:util';

export type Format = Parameters<typeof styleText>[0];

/** Where text goes: a terminal, a pipe or a file. */
export interface Terminal {
  /** Characters a line; null where lines may be of any length. */
  readonly columns: number | null;
  /** The text in colour where colour is wanted. */
  styled(format: Format, text: string): string;
  /** Writes one line. */
  line(text?: string): void;
}

type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** @param colour false: never; true: where the stream is a terminal and NO_COLOR (no-color.org) is not set */
export function createTerminal(stream: Stream, colour: boolean): Terminal {
  const coloured =
    colour && stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
  return {
    columns: stream.isTTY === true ? stream.columns || 80 : null,
    styled: (format, text) => (coloured ? styleText(format, text, { validateStream: false }) : text),
    line: (text = '') => void stream.write(`${text}\n`),
  };
}

/**
 * What a terminal must not get raw: control characters, bidirectional and invisible characters, line separators,
 * unassigned and half characters, and spaces that are not the space. Unicode's C, Zl, Zp, Zs and default ignorables.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/gu;

/** The text with everything that a reader would not see, or that would move the cursor, as `\u{…}`. */
export const visible = (text: string): string =>
  text.replace(unseen, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);

/** JSON that reads back to the same value and holds no such character raw. */
export function visibleJson(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, null, indent);
  // Nearly all of it is printable ASCII.
  if (/^[ -~]*$/.test(json)) return json;
  return json
    .split('\n')
    .map((line) => line.replace(unseen, escapeUnits))
    .join('\n');
}

const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');
