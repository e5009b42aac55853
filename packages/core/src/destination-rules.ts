import { parseDuration } from '@portcullis/contracts';
import { parseWebhookUrl } from './webhook-url.ts';

type Section = Record<string, unknown>;
type Report = (path: string, value: unknown, message: string) => void;

const windowBounds = { least: 1_000, most: 86_400_000 };
const redacted = '[redacted]';

/** What a schema cannot say of `[slack]`, `[webhook]` and `[reports]`. No problem shows a URL. */
export function destinationRules(
  { slack, webhook, reports }: { slack: Section; webhook: Section; reports: Section },
  report: Report,
): void {
  for (const { path, settings } of sections('slack', slack)) {
    oneOf(path, settings, ['webhook_url', 'webhook_url_file', 'webhook_credential'], report);
    urlRule(`${path}.webhook_url`, settings['webhook_url'], slack['allowed_hosts'], report);
    windowRule(path, settings, report);
  }
  for (const { path, settings } of sections('webhook', webhook)) {
    oneOf(path, settings, ['url', 'url_file', 'url_credential'], report);
    urlRule(`${path}.url`, settings['url'], webhook['allowed_hosts'], report);
    oneOf(path, settings, ['secret_file', 'secret_credential'], report);
    const inherited = { ...webhook, ...settings };
    const goes = ['url', 'url_file', 'url_credential'].some((key) => inherited[key]);
    if (goes && !inherited['secret_file'] && !inherited['secret_credential'])
      report(`${path}.secret_file`, undefined, 'missing: each message is signed with the key that it holds');
    windowRule(path, settings, report);
  }
  for (const [pattern, settings] of Object.entries(asSection(slack['sites']))) {
    if (asSection(settings)['allowed_hosts'] !== undefined)
      report(`slack.sites.${pattern}.allowed_hosts`, redacted, 'belongs into [slack]');
  }
  for (const [pattern, settings] of Object.entries(asSection(webhook['sites']))) {
    if (asSection(settings)['allowed_hosts'] !== undefined)
      report(`webhook.sites.${pattern}.allowed_hosts`, redacted, 'belongs into [webhook]');
  }
  const silent = reports['silent_after'];
  const after = durationOf(silent);
  if (silent !== undefined && (after === undefined || (after !== null && after < 3_600_000)))
    report('reports.silent_after', silent, 'must be a duration of at least 1h, or -1 for never');
}

function* sections(name: string, section: Section) {
  yield { path: name, settings: section };
  for (const [pattern, settings] of Object.entries(asSection(section['sites'])))
    yield { path: `${name}.sites.${pattern}`, settings: asSection(settings) };
}

function oneOf(path: string, settings: Section, keys: readonly string[], report: Report): void {
  const given = keys.filter((key) => settings[key]);
  if (given.length > 1) report(`${path}.${given[0]}`, redacted, `give only one of ${given.join(' and ')}`);
}

function urlRule(path: string, url: unknown, allowed: unknown, report: Report): void {
  if (typeof url !== 'string' || url === '') return;
  const hosts = Array.isArray(allowed) ? allowed.map(String) : [];
  const wrong = parseWebhookUrl(url, hosts);
  if (typeof wrong === 'string') report(path, redacted, wrong);
}

function windowRule(path: string, { window }: Section, report: Report): void {
  if (window === undefined) return;
  const length = durationOf(window);
  if (length === undefined || length === null || length < windowBounds.least || length > windowBounds.most)
    report(`${path}.window`, window, 'must be a duration from 1s to 1d');
}

const asSection = (value: unknown): Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Section) : {};
const durationOf = (value: unknown): number | null | undefined =>
  typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : undefined;
