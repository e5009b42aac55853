import type { Registration, SiteMode } from '@portcullis/contracts';
import type { Install } from './installs.ts';

/** What is to be done about one WordPress. */
export interface SitePlan {
  readonly install: Install;
  /** The id under which it is registered; null: not yet. */
  readonly registered: string | null;
  readonly mode: SiteMode;
  /** Whether it can be registered. */
  readonly register: boolean;
  /** What is left to a person, and why. */
  readonly left: readonly string[];
}

/** What is to be done, from what is found and what is registered. Decides only. */
export function planSites(
  installs: readonly Install[],
  registrations: readonly Pick<Registration, 'id' | 'domains' | 'user' | 'mode'>[],
): SitePlan[] {
  const users = [
    ...installs.filter((install) => ownerOf(install, registrations) === undefined).map(({ user }) => user),
    ...registrations.map(({ user }) => user),
  ];
  const isShared = (user: string) => users.filter((one) => one === user).length > 1;
  return installs.map((install) => {
    const { domains, user, how, path } = install;
    const owner = ownerOf(install, registrations);
    const left: string[] = [];
    if (owner !== undefined) {
      const missing = domains.filter((domain) => !registrations.some((one) => one.domains.includes(domain)));
      if (missing.length > 0) {
        left.push(
          `${missing.join(', ')} is not among the domains of ${owner.id}. Add it: portcullis site remove ${owner.id}, then portcullis site add with every --domain.`,
        );
      }
      if (user !== null && owner.user !== null && owner.user !== user) {
        left.push(`${owner.id} is registered for ${owner.user}, but ${user} runs it (${how}).`);
      }
      return { install, registered: owner.id, mode: owner.mode, register: false, left };
    }
    const [main] = domains;
    if (main === undefined) {
      left.push(`No vhost names a host for ${path}: portcullis site add DOMAIN --user USER --wp ${path}`);
      return { install, registered: null, mode: 'isolated', register: false, left };
    }
    if (user === null || user === 'root') {
      const why = user === 'root' ? 'root runs it, and root needs no site’s socket' : how;
      left.push(
        `Who runs the PHP of ${main} is not known (${why}): portcullis site add ${main} --user USER --wp ${path}`,
      );
      return { install, registered: null, mode: 'isolated', register: false, left };
    }
    // Whoever shares a Unix user can open the other's socket: then a token, and the smaller rights, are the honest form.
    const mode = isShared(user) ? 'shared' : 'isolated';
    return { install, registered: null, mode, register: true, left };
  });
}

const ownerOf = <R extends Pick<Registration, 'domains'>>(
  { domains }: Install,
  registrations: readonly R[],
): R | undefined => registrations.find((one) => one.domains.some((domain) => domains.includes(domain)));
