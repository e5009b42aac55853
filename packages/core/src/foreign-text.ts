/** Text of our own, and text that somebody else wrote, which its reader must not take for mark-up. */
export type Text = readonly (string | Foreign)[];
export interface Foreign {
  readonly foreign: string;
}

/** Code points of a name that are shown; WordPress' logins have at most 60. */
const nameLength = 60;

/**
 * Text that somebody else wrote, as it may be shown on one line: without characters that cannot be seen or that change the
 * direction of others, and cut.
 *
 * @param most code points that are kept
 */
export function foreign(text: string, most: number = nameLength): Foreign {
  // A code point has at most two units: the rest need not be looked at.
  const points = [...text.slice(0, 2 * most + 2)];
  const visible = points.slice(0, most).map((point) => (unseen.test(point) ? '\ufffd' : point));
  return { foreign: `${visible.join('')}${points.length > most ? '…' : ''}` };
}

/** Control and format characters, lone surrogates, separators of lines, and spaces other than the common one. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** The first of them, with commas between, and how many more there are. */
export function list(items: readonly Text[], most: number): Text {
  const first = items.slice(0, most).flatMap((item, index) => (index === 0 ? item : [', ', ...item]));
  return items.length > most ? [...first, ` and ${items.length - most} more`] : first;
}

/** For a reader without any mark-up. */
export const plainText = (text: Text): string =>
  text.map((part) => (typeof part === 'string' ? part : part.foreign)).join('');
