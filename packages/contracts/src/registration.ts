import {
  array,
  boolean,
  count,
  describe,
  instant,
  nullable,
  object,
  oneOf,
  type Static,
  string,
} from './schema.ts';

/**
 * What a site may do: see what concerns it, lift bans that rest on its own evidence alone, allow addresses for itself, ask
 * the administrator for an unban.
 */
export const SiteRight = oneOf('view', 'unban', 'allow', 'ask');
export type SiteRight = Static<typeof SiteRight>;

/** `isolated`: a socket of its own, that only its Unix user may open. `shared`: one socket for many, and a token each. */
export const SiteMode = oneOf('isolated', 'shared');
export type SiteMode = Static<typeof SiteMode>;

/** What a site may do where nothing else is said: tokens can be read by every site of the same user, sockets cannot. */
export const standardRights: Readonly<Record<SiteMode, SiteRight[]>> = {
  isolated: ['view', 'unban', 'allow', 'ask'],
  shared: ['view', 'ask'],
};

/** Names a socket file: 40 bytes behind a run_dir of 55, with `/sites/` and `.sock`, make 107, Linux' limit. */
export const siteIdPattern = '^[a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?$';

/** A host name, and perhaps the path of a sub-site: `example.com`, `example.com/shop`. No port, no trailing dot or slash. */
export const siteDomainPattern =
  '^(?=.{1,200}$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?(/[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*)*$';

/** As useradd(8) allows them, without a leading dash. */
export const unixNamePattern = '^[a-z_][a-z0-9_.-]{0,31}\\$?$';

export const siteSettings = {
  domains: describe(
    'What the site’s lines name, as `example.com`: covers its sub-sites `example.com/…`, unless another site has them.',
    {
      type: 'array',
      items: { type: 'string', pattern: siteDomainPattern },
      minItems: 1,
      maxItems: 200,
      uniqueItems: true,
    } as const,
  ),
  user: describe(
    'The Unix user that runs the site’s PHP: its socket belongs to it, and lines of others do not count where the journal tells who wrote them. Left out in shared mode: anybody may write its lines.',
    {
      type: 'string',
      pattern: unixNamePattern,
    } as const,
  ),
  mode: describe('isolated: a socket of its own. shared: one socket for many sites, and a token.', SiteMode),
  rights: describe('What the site may do. Left out: all of it if isolated, view and ask if shared.', {
    type: 'array',
    items: SiteRight,
    minItems: 1,
    uniqueItems: true,
  } as const),
  wp: describe('Where its WordPress lives.', { type: 'string', pattern: '^/', maxLength: 1000 } as const),
} as const;

/** A site that has the panel. */
export const Registration = object({
  id: string,
  domains: array(string),
  user: nullable(string),
  mode: SiteMode,
  rights: array(SiteRight),
  wp: nullable(string),
  source: describe(
    'Where it is registered: in the configuration, or by `portcullis site add`.',
    oneOf('config', 'command'),
  ),
  socket: describe('The socket that it speaks through.', string),
  served: describe('Whether that socket is open now; status says why it is not.', boolean),
  has_token: describe('Whether a token has been issued (shared mode).', boolean),
  last_event_at: describe(
    'When the log last had a line of it; null: never, as far as is known.',
    nullable(instant),
  ),
});
export type Registration = Static<typeof Registration>;

export const NewRegistration = object(
  {
    id: describe('Derived from the first domain when left out.', {
      type: 'string',
      pattern: siteIdPattern,
    } as const),
    ...siteSettings,
  },
  ['id', 'user', 'mode', 'rights', 'wp'],
);
export type NewRegistration = Static<typeof NewRegistration>;

const token = describe('Told this once; only its hash is kept.', string);

export const Registered = object({ site: Registration, token: nullable(token) });
export type Registered = Static<typeof Registered>;

export const SiteToken = object({ id: string, token });
export type SiteToken = Static<typeof SiteToken>;

/** Who a site is, as the daemon sees it. */
export const SiteIdentity = object({
  id: string,
  domains: array(string),
  mode: SiteMode,
  rights: array(SiteRight),
  requests_open: describe('Requests of this site that wait for the administrator.', count),
  last_event_at: describe(
    'When the log last had a line of this site; null: never, as far as is known.',
    nullable(instant),
  ),
  log_lag_seconds: describe('How long the oldest unread byte of the host’s logs has waited.', {
    type: 'number',
    minimum: 0,
  } as const),
  version: string,
});
export type SiteIdentity = Static<typeof SiteIdentity>;

/** The largest `for` of a site’s own allow entry, in milliseconds. */
export const maxSiteAllow = 30 * 86_400_000;
