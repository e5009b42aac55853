import { lstatSync } from 'node:fs';
import type { DestinationConfig } from '@portcullis/core';
import { plural } from '../phrases.ts';
import { type Check, error, type Finding, ok, warning } from './finding.ts';

export interface DestinationFacts {
  readonly name: string;
  readonly url: DestinationConfig['url']['from'];
  /** The file that holds the URL, as it lies there; null where it is none, undefined where it is missing. */
  readonly file: { readonly path: string; readonly mode: number } | null | undefined;
  readonly path: string;
}

/** Whether messages have a place to go to. What the daemon says of their delivery is among its own problems. */
export const slackCheck: Check<readonly DestinationFacts[]> = {
  name: 'slack',
  gather: ({ config, root }) =>
    config.destinations.map(({ name, url }) => {
      if (url.from !== 'file') return { name, url: url.from, file: null, path: '' };
      const found = lstatSync(root + url.path, { throwIfNoEntry: false });
      const file = found === undefined ? undefined : { path: url.path, mode: found.mode & 0o777 };
      return { name, url: url.from, file, path: url.path };
    }),
  judge(destinations) {
    if (destinations.length === 0) {
      return [ok('slack', 'No report goes anywhere; portcullis setup asks for a Slack webhook.')];
    }
    const found = destinations.flatMap(judgeDestination);
    if (found.length > 0) return found;
    return [
      ok(
        'slack',
        `${plural(destinations.length, 'place')} for reports: ${destinations.map(({ name }) => name).join(', ')}. Try: portcullis slack test`,
      ),
    ];
  },
};

function judgeDestination({ name, url, file, path }: DestinationFacts): Finding[] {
  if (url === 'config') {
    return [
      warning(
        'slack',
        `[${name}] holds its URL in the configuration, which everybody may read.`,
        'Put it into a file of root (mode 0600), and name that: webhook_url_file',
      ),
    ];
  }
  if (file === undefined) {
    return [
      error('slack', `[${name}]: there is no file ${path}.`, 'Write the webhook’s URL into it, mode 0600.'),
    ];
  }
  if (file === null || (file.mode & 0o077) === 0) return [];
  const mode = file.mode.toString(8);
  return [
    error('slack', `${path} is open to others (mode ${mode}).`, `It holds a secret: chmod 600 ${path}`),
  ];
}
