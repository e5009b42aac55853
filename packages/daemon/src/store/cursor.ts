import { PortcullisError } from '@portcullis/contracts';

/** Where the next page begins: the sort key and id of the last item, and what was asked, so that it fits no other list. */
export type CursorKey = string | number;

const invalid = (cursor: string) =>
  new PortcullisError(
    'invalid_request',
    `The cursor “${cursor.slice(0, 40)}” does not belong to this list.`,
    {
      hint: 'Take `next` of the page before, with the same filters and sort, or leave the cursor out.',
    },
  );

/** @param list names the list with its filters and sort */
export const writeCursor = (list: string, key: CursorKey, id: number): string =>
  Buffer.from(JSON.stringify([key, id, fingerprint(list)])).toString('base64url');

/** @throws PortcullisError invalid_request for every text that `writeCursor` did not write for this list. */
export function readCursor(list: string, cursor: string): { key: CursorKey; id: number } {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw invalid(cursor);
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw invalid(cursor);
  const [key, id, print] = parts;
  const known = typeof key === 'number' || typeof key === 'string';
  if (!known || !Number.isSafeInteger(id) || print !== fingerprint(list)) throw invalid(cursor);
  if (writeCursor(list, key, id) !== cursor) throw invalid(cursor);
  return { key, id };
}

/** FNV-1a: tells lists apart; it need not withstand anybody, a cursor opens nothing. */
function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
