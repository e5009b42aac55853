import { createHmac } from 'node:crypto';
import {
  type Clock,
  plainText,
  type Reporter,
  type ReportMessage,
  type Secret,
  sheetOf,
} from '@portcullis/core';
import { failureOf, outcomeOf } from './outcome.ts';
import { placeOf, post } from './post.ts';

export interface WebhookOptions {
  /** That `parseWebhookUrl` has accepted. */
  readonly url: Secret;
  readonly key: Secret;
  readonly clock: Clock;
}

/**
 * Signed JSON to a program. The signature is that of the Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, in Base64,
 * as `webhook-signature: v1,…`; the timestamp is in seconds. Two messages with one `webhook-id` are one, sent twice.
 */
export function createWebhookReporter({ url, key, clock }: WebhookOptions): Reporter {
  return {
    ...placeOf(url),
    async send(message, signal) {
      try {
        const body = JSON.stringify(webhookBody(message));
        const headers = sign(message.id, clock.now(), body, key);
        return outcomeOf(await post(new URL(url.reveal()), body, headers, signal), [url, key], clock.now());
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

export function sign(id: string, now: number, body: string, key: Secret): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', key.reveal()).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/** One event or one digest: `content` as the daemon has it, with RFC 3339 times, and `text` for people. */
export function webhookBody(message: ReportMessage): Record<string, unknown> {
  const { id, host, site, at, severity, content } = message;
  const { title, facts, lists, command } = sheetOf(message);
  const text = [
    title,
    ...facts.map(({ label, value }) => `${label}: ${plainText(value)}`),
    ...lists.flatMap((list) => [`${list.title}:`, ...list.items.map((item) => `- ${plainText(item)}`)]),
    ...(command === null ? [] : [`On the host: ${command}`]),
  ].join('\n');
  return { id, type: content.kind, host, site, at: iso(at), severity, text, content: inWireForm(content) };
}

const instants = new Set(['at', 'since', 'until', 'lastEventAt', 'lastSeen']);
const iso = (instant: number): string => new Date(instant).toISOString();

/** Names as the API spells them, instants as it writes them. */
function inWireForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inWireForm);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      // Names of sites are keys, too; they stay as they are.
      if (key === 'sites' && !Array.isArray(inner)) return [key, { ...inner }];
      const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [name, instants.has(key) && typeof inner === 'number' ? iso(inner) : inWireForm(inner)];
    }),
  );
}
