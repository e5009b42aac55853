import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PortcullisError } from '@portcullis/contracts';
import { parseConfig, parseWebhookUrl } from '@portcullis/core';

/** Where the URL is kept; a folder that only root may enter. */
export const webhookPath = '/etc/portcullis/credentials/slack-webhook';

/** @throws PortcullisError invalid_request where it is no URL that messages may be sent to; never shows it */
export function checkWebhook(text: string, allowedHosts: readonly string[]): string {
  const url = parseWebhookUrl(text.trim(), allowedHosts);
  if (typeof url !== 'string') return text.trim();
  throw new PortcullisError('invalid_request', `The webhook’s URL ${url}.`, {
    hint: 'Make one at https://api.slack.com/messaging/webhooks',
  });
}

/**
 * Writes the URL where only its owner may read it. @returns whether anything changed
 */
export function storeWebhook(url: string, path: string): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8').trim() === url && (statSync(path).mode & 0o077) === 0)
    return false;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  writeFileSync(draft, `${url}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return true;
}

/**
 * The configuration's text with the file named in [slack]; comments and everything else stay.
 *
 * @throws PortcullisError invalid_config where the text cannot be changed so that it says that
 */
export function withWebhookFile(text: string, path: string): string {
  const line = `webhook_url_file = "${path}"`;
  const section = /^[ \t]*\[slack\][ \t]*(#.*)?$/m.exec(text);
  let changed: string;
  if (section === null) {
    const before = text.trimEnd();
    changed = `${before === '' ? '' : `${before}\n\n`}[slack]\n${line}\n`;
  } else {
    const from = section.index + section[0].length;
    const next = /^[ \t]*\[/m.exec(text.slice(from));
    const to = next === null ? text.length : from + next.index;
    const body = text.slice(from, to);
    const key = /^[ \t]*webhook_url_file[ \t]*=.*$/m;
    const replaced = key.test(body) ? body.replace(key, () => line) : `\n${line}${body}`;
    changed = text.slice(0, from) + replaced + text.slice(to);
  }
  const destination = parseConfig(changed).config?.destinations.find(({ name }) => name === 'slack');
  if (destination?.url.from === 'file' && destination.url.path === path) return changed;
  throw new PortcullisError('invalid_config', 'The configuration cannot be changed by itself.', {
    hint: `Write under [slack]: ${line}`,
  });
}
