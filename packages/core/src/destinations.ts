import { type ConfigFile, defaultConfig, parseDuration, type Severity } from '@portcullis/contracts';
import type { QuietHours } from './delivery-plan.ts';
import { Secret, type SecretSource } from './secret.ts';

/** A place that messages go to. */
export interface DestinationConfig {
  /** The section that names it: `slack`, `slack.sites.shop`, `webhook`. */
  readonly name: string;
  readonly kind: 'slack' | 'webhook';
  /** Whose bans it is told: a site’s id, a name or a pattern; null: everybody’s, and what concerns the host. */
  readonly site: string | null;
  readonly url: SecretSource;
  /** What signs each message; null with Slack. */
  readonly key: SecretSource | null;
  /** Empty: the webhook’s own. */
  readonly channel: string;
  readonly allowedHosts: readonly string[];
  readonly minSeverity: Severity;
  /** In milliseconds. */
  readonly window: number;
  readonly quietHours: QuietHours | null;
  readonly reports: readonly ('daily' | 'weekly')[];
}

/** What a section of the file says, of either kind; the schema has checked it. */
interface Section {
  readonly webhook_url?: string;
  readonly webhook_url_file?: string;
  readonly webhook_credential?: string;
  readonly url?: string;
  readonly url_file?: string;
  readonly url_credential?: string;
  readonly secret_file?: string;
  readonly secret_credential?: string;
  readonly channel?: string;
  readonly min_severity?: Severity;
  readonly window?: string | number;
  readonly quiet_hours?: string;
  readonly allowed_hosts?: readonly string[];
  readonly reports?: readonly ('daily' | 'weekly')[];
}

/** Every place that is configured: those of the host first, then those of sites in the order of the file. */
export function destinationsOf({ slack = {}, webhook = {} }: ConfigFile): DestinationConfig[] {
  return [...destinationsOfKind('slack', slack), ...destinationsOfKind('webhook', webhook)];
}

function destinationsOfKind(
  kind: DestinationConfig['kind'],
  { sites = {}, ...host }: Section & { readonly sites?: Readonly<Record<string, Section>> },
): DestinationConfig[] {
  const ofSites = Object.entries(sites).map(([site, own]) =>
    destination(kind, `${kind}.sites.${site}`, site, inherit(host, own)),
  );
  return [destination(kind, kind, null, host), ...ofSites].filter((found) => found !== null);
}

const noAddress: Section = {
  webhook_url: '',
  webhook_url_file: '',
  webhook_credential: '',
  url: '',
  url_file: '',
  url_credential: '',
};
const noKey: Section = { secret_file: '', secret_credential: '' };
const gives = (section: Section, keys: Section) =>
  Object.keys(keys).some((key) => section[key as keyof Section]);

/** What a site leaves out holds as for the host, but for its reports. An address is one of three keys, a signing key one of two. */
function inherit(host: Section, own: Section): Section {
  return {
    ...host,
    ...(gives(own, noAddress) ? noAddress : {}),
    ...(gives(own, noKey) ? noKey : {}),
    reports: [],
    ...own,
  };
}

function destination(
  kind: DestinationConfig['kind'],
  name: string,
  site: string | null,
  section: Section,
): DestinationConfig | null {
  const settings = { ...defaultConfig[kind], ...section };
  const url =
    kind === 'slack'
      ? sourceOf(settings.webhook_url, settings.webhook_url_file, settings.webhook_credential)
      : sourceOf(settings.url, settings.url_file, settings.url_credential);
  if (url === null) return null;
  return {
    name,
    kind,
    site,
    url,
    key: kind === 'slack' ? null : sourceOf('', settings.secret_file, settings.secret_credential),
    channel: settings.channel ?? '',
    allowedHosts: settings.allowed_hosts,
    minSeverity: settings.min_severity,
    window: parseDuration(settings.window)!,
    quietHours: quietHoursOf(settings.quiet_hours),
    reports: settings.reports,
  };
}

function sourceOf(url = '', path = '', name = ''): SecretSource | null {
  if (url !== '') return { from: 'config', secret: new Secret(url) };
  if (path !== '') return { from: 'file', path };
  return name === '' ? null : { from: 'credential', name };
}

/** Minutes of the day, of `08:00`. */
export function minuteOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return hours! * 60 + minutes!;
}

function quietHoursOf(text: string): QuietHours | null {
  const [from, to] = text.split('-');
  if (from === undefined || to === undefined || from === to) return null;
  return { from: minuteOf(from), to: minuteOf(to) };
}
