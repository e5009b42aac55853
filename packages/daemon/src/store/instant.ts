import { PortcullisError } from '@portcullis/contracts';

/** RFC 3339 in UTC with milliseconds. */
export const instantOf = (ms: number): string => new Date(ms).toISOString();

/** @throws PortcullisError invalid_request where the text is no RFC 3339 instant. */
export function fromInstant(text: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new PortcullisError('invalid_request', `“${text}” is not an instant.`, {
    hint: 'Write it as 2026-11-21T19:00:53.000Z.',
  });
}
