import { type DeliveryOutcome, foreign, type Secret } from '@portcullis/core';
import type { Answer } from './post.ts';

/** Characters of an answer that people are shown. */
const answerLength = 200;
/** Slack's words for a webhook that is no more, whatever the status: api.slack.com/messaging/webhooks#handling_errors */
const revokedWords = new Set([
  'no_service',
  'no_service_id',
  'no_active_hooks',
  'no_team',
  'team_disabled',
  'invalid_token',
  'action_prohibited',
  'channel_not_found',
  'channel_is_archived',
]);
const goneStatus = new Set([401, 403, 404, 410]);
/** Answers that say nothing about the next attempt, besides all of 500 and above. */
const passingStatus = new Set([408, 425, 429]);

/** What an answer means for the message and for the place. */
export function outcomeOf(answer: Answer, secrets: readonly Secret[], now: number): DeliveryOutcome {
  const { status } = answer;
  const text = { status, answer: redact(answer.body, secrets) };
  if (status >= 200 && status < 300) return { result: 'delivered', ...text };
  if (status >= 300 && status < 400)
    return { result: 'revoked', status, answer: 'It redirects, which is not followed.' };
  if (goneStatus.has(status) || (status < 500 && revokedWords.has(answer.body.trim())))
    return { result: 'revoked', ...text };
  if (status < 500 && !passingStatus.has(status)) return { result: 'refused', ...text };
  const retryAfter = afterOf(answer.retryAfter, now);
  return { result: 'retry', ...text, ...(retryAfter === null ? {} : { retryAfter }) };
}

/** What it means that there was no answer. */
export function failureOf(error: unknown): DeliveryOutcome {
  const { code, name } = error as NodeJS.ErrnoException;
  const slow = name === 'TimeoutError' || (name === 'AbortError' && isTimeout(error));
  return {
    result: 'retry',
    status: null,
    answer: slow ? 'No answer in time.' : `No answer: ${code ?? name}.`,
  };
}

const isTimeout = (error: unknown): boolean =>
  ((error as Error).cause as Error | undefined)?.name === 'TimeoutError';

/** Seconds, or a date (RFC 9110 section 10.2.3), as milliseconds from now. */
function afterOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const after = /^[0-9]{1,6}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(after) ? Math.max(0, after) : null;
}

/** An answer may repeat what it was sent. */
function redact(body: string, secrets: readonly Secret[]): string {
  let text = body.trim();
  for (const secret of secrets) {
    for (const part of partsOf(secret.reveal())) text = text.replaceAll(part, '[redacted]');
  }
  return foreign(text, answerLength).foreign;
}

/** A secret as a whole, and each part of a URL's path that is long enough to be one. */
function partsOf(secret: string): string[] {
  const { pathname = '', search = '' } = URL.parse(secret) ?? {};
  const parts = [
    secret,
    pathname + search,
    pathname,
    ...pathname.split('/').filter((part) => part.length >= 8),
  ];
  return parts.filter((part) => part.length > 1);
}
