import { type Clock, type DestinationConfig, parseWebhookUrl, type Reporter } from '@portcullis/core';
import { readSecret } from './secret-file.ts';
import { createSlackReporter } from './slack.ts';
import { createWebhookReporter } from './webhook.ts';

/** Bytes of a key that signs; RFC 2104 advises against keys that are shorter than this by far. */
const leastKey = 16;

/** @returns the reporter, or a sentence about why there is none; it never shows a secret */
export function openReporter(
  { kind, url: source, key: keySource, channel, allowedHosts }: DestinationConfig,
  credentials: string | undefined,
  clock: Clock,
): Reporter | string {
  const url = readSecret(source, credentials);
  if (typeof url === 'string') return url;
  const parsed = parseWebhookUrl(url.reveal(), allowedHosts);
  if (typeof parsed === 'string') return `What ${nameOf(source)} holds ${parsed}.`;
  if (kind === 'slack') return createSlackReporter({ url, channel, clock });
  const key = keySource === null ? 'It has no secret_file.' : readSecret(keySource, credentials);
  if (typeof key === 'string') return key;
  if (Buffer.byteLength(key.reveal()) < leastKey)
    return `The key in ${nameOf(keySource!)} is shorter than ${leastKey} bytes.`;
  return createWebhookReporter({ url, key, clock });
}

function nameOf(source: DestinationConfig['url']): string {
  if (source.from === 'file') return source.path;
  return source.from === 'credential' ? `the credential ${source.name}` : 'the configuration';
}
