import type { Registration, Site } from '@portcullis/contracts';
import { ago, plural } from '../phrases.ts';
import { visible } from '../terminal.ts';
import { fromDaemon } from './files.ts';
import { type Check, type Finding, ok, warning } from './finding.ts';

export interface SitesFacts {
  readonly seen: readonly Site[];
  readonly registered: readonly Registration[];
}

/** Sites that are named one by one; of more, how many. */
const maxNamed = 10;

/** Which sites wrote lines, and when; which are registered and wrote none. */
export const sitesCheck: Check<SitesFacts | null> = {
  name: 'sites',
  gather: ({ client }) =>
    fromDaemon(async () => ({
      seen: (await client.call('listSites', { query: { sort: '-last_event_at', limit: 1000 } })).items,
      registered: await Array.fromAsync(client.all('listRegistrations')),
    })),
  judge(facts, now) {
    if (facts === null) return [];
    const { seen, registered } = facts;
    const named = seen.slice(0, maxNamed).map(({ name, last_event_at }) => {
      return `${name === '' ? '(no site)' : visible(name)} ${ago(last_event_at, now)}`;
    });
    const more = seen.length > maxNamed ? ` and ${seen.length - maxNamed} more` : '';
    const found: Finding[] = [
      seen.length === 0
        ? warning(
            'sites',
            'No site has written a line yet.',
            'Activate WP fail2ban there, and log in once with a wrong password.',
          )
        : ok('sites', `${plural(seen.length, 'site')} wrote lines: ${named.join(', ')}${more}.`),
    ];
    const silent = registered
      .filter(({ last_event_at }) => last_event_at === null)
      .map(({ id }) => visible(id));
    if (silent.length > 0) {
      found.push(
        warning(
          'sites',
          `${silent.slice(0, maxNamed).join(', ')}: registered, and no line of theirs was ever seen.`,
          'Is WP fail2ban active there? Its lines must name a registered domain: portcullis sites',
        ),
      );
    }
    return found;
  },
};
