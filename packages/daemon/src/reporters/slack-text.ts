import type { Text } from '@portcullis/core';

/** Slack's control characters: api.slack.com/reference/surfaces/formatting#escaping */
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** Between these and what follows them Slack sees no mark-up, and a reader sees nothing. */
const breaker = '\u200b';
/** Begins or ends formatting, an emoji, a mention, a channel or Mattermost's links; not inside of a word, as in `wp_admin`. */
const mark = /(?<![\p{L}\p{N}])[*_~`:@#[\]]|[*_~`:@#[\]](?![\p{L}\p{N}])/gu;

/** Text for a `plain_text` object, in which Slack sees no mark-up. At most `most` UTF-16 units, escaped. */
export const plain = (text: Text, most: number): string =>
  within(text.map((part) => (typeof part === 'string' ? part : part.foreign)).join(''), most);

/** Text for where Slack may see mark-up: none of what others wrote is. */
export const safe = (text: Text, most: number): string =>
  within(
    text
      .map((part) => (typeof part === 'string' ? part : part.foreign.replace(mark, `${breaker}$&${breaker}`)))
      .join(''),
    most,
  );

/** Escapes, and cuts so that what is escaped is within the limit and no entity or character is cut in two. */
function within(text: string, most: number): string {
  let escaped = '';
  for (const point of text) {
    const next = entities[point] ?? point;
    if (escaped.length + next.length > most - 1) return `${escaped}…`;
    escaped += next;
  }
  return escaped;
}
