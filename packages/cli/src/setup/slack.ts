import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import type { Client } from '@portcullis/client';
import { PortcullisError } from '@portcullis/contracts';
import type { Exec } from '@portcullis/daemon/offline';
import { readConfig } from '@portcullis/daemon/offline';
import { checkWebhook, storeWebhook, webhookPath, withWebhookFile } from './webhook.ts';

export interface SlackDone {
  /** `kept`: it was so already. `left`: nobody gave a webhook. */
  readonly webhook: 'stored' | 'kept' | 'left';
  /** What came of the test message; null: none was sent. */
  readonly test: string | null;
  readonly left: readonly string[];
}

export interface SlackWork {
  readonly client: Client;
  readonly exec: Exec;
  readonly configPath: string;
  /** Where the URL is kept; left out: the usual place. */
  readonly path?: string;
  readonly dryRun: boolean;
}

/** What the package's unit loads `webhookPath` as. */
const credential = 'slack-webhook';

/** Whether the configuration has a place for the host's messages already. */
export const hasSlack = (configPath: string): boolean =>
  existsSync(configPath) && readConfig(configPath).destinations.some(({ name }) => name === 'slack');

/** Stores the webhook, points the configuration at it, reloads, and sends a test where something changed. */
export async function setUpSlack(text: string, work: SlackWork): Promise<SlackDone> {
  const { client, exec, configPath, path = webhookPath, dryRun } = work;
  const config = existsSync(configPath) ? readFileSync(configPath, 'utf8') : '';
  const slack = hasSlack(configPath)
    ? readConfig(configPath).destinations.find(({ name }) => name === 'slack')
    : undefined;
  const url = checkWebhook(text, slack?.allowedHosts ?? []);
  // systemd hands a credential over with a start only.
  const isCredential = slack?.url.from === 'credential' && slack.url.name === credential;
  const pointsThere = isCredential || (slack?.url.from === 'file' && slack.url.path === path);
  const changed = pointsThere ? config : withWebhookFile(config, path);
  if (dryRun) return { webhook: pointsThere ? 'kept' : 'stored', test: null, left: [] };
  const stored = storeWebhook(url, path);
  if (!stored && pointsThere) return { webhook: 'kept', test: null, left: [] };
  if (!pointsThere) replaceFile(configPath, changed);
  try {
    await exec(['systemctl', isCredential ? 'restart' : 'reload', 'portcullis'], { timeoutMs: 30_000 });
  } catch {
    return {
      webhook: 'stored',
      test: null,
      left: ['Reload the daemon (a credential: restart it), then: portcullis slack test'],
    };
  }
  return { webhook: 'stored', ...(await sendTest(client)) };
}

/** How long the daemon may take to read its configuration anew, in ms. */
const reloadMs = 5_000;

async function sendTest(client: Client): Promise<Pick<SlackDone, 'test' | 'left'>> {
  for (const until = Date.now() + reloadMs; ; ) {
    try {
      const { result, status, answer } = await client.call('testReport', { body: {} });
      const left =
        result === 'delivered'
          ? []
          : [`Slack answered ${status ?? ''} ${answer}. See: portcullis slack test`];
      return { test: result, left };
    } catch (cause) {
      if (!(cause instanceof PortcullisError) || cause.code !== 'not_configured' || Date.now() > until)
        throw cause;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** In one step, with the rights that the file had. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.new`;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644;
  writeFileSync(draft, text);
  chmodSync(draft, mode & 0o777);
  renameSync(draft, path);
}
