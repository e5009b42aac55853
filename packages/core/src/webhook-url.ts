import { parseNetwork } from './address.ts';

const slackHost = 'hooks.slack.com';

/**
 * Whether messages may be sent to a URL: over TLS, to Slack or to a host that was allowed; to this machine also without TLS.
 *
 * @param allowed hosts, each with its port unless that is the standard one
 * @returns the URL, or a sentence's end about what is wrong with it, which never shows more of it than its host
 */
export function parseWebhookUrl(text: string, allowed: readonly string[]): URL | string {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL, as https://hooks.slack.com/services/…';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (isLoopback(url.hostname) && ['http:', 'https:'].includes(url.protocol)) return url;
  if (url.protocol !== 'https:') return 'must begin with https://';
  if (url.host === slackHost || allowed.includes(url.host)) return url;
  return `is of ${url.host}, and messages go to ${slackHost} and this host only; name it in allowed_hosts if it is right`;
}

function isLoopback(name: string): boolean {
  if (name === 'localhost') return true;
  const network = parseNetwork(name.replace(/^\[(.*)\]$/, '$1'));
  if (network === null || !network.isSingle) return false;
  return network.family === 4 ? network.d >>> 24 === 127 : String(network) === '::1';
}
