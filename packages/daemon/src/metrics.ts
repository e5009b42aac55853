import type { Status } from '@portcullis/contracts';
import type { Registry } from 'prom-client';

export interface MetricsSource {
  readonly status: () => Status;
  readonly lines: () => number;
  readonly failures: () => number;
}

/**
 * Counters and gauges in the Prometheus text format, read from the daemon's state when they are asked for. The library
 * is loaded with the first question: a host without Prometheus does not pay its 2 MB.
 */
export function createMetrics(source: MetricsSource): () => Promise<string> {
  let registry: Promise<Registry> | null = null;
  return async () => {
    registry ??= register(source);
    return (await registry).metrics();
  };
}

async function register({ status, lines, failures }: MetricsSource): Promise<Registry> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: (status: Status) => number) =>
    new Gauge({
      name: `portcullis_${name}`,
      help,
      registers,
      collect() {
        this.set(read(status()));
      },
    });
  gauge('healthy', '1 while nothing is wrong', ({ healthy }) => (healthy ? 1 : 0));
  gauge('bans_wanted', 'Bans in force', ({ bans }) => bans.wanted);
  gauge('bans_enforced', 'Bans that the kernel held when last verified', ({ bans }) => bans.enforced);
  gauge(
    'last_verified_timestamp_seconds',
    'When the kernel was last compared with what is wanted',
    ({ bans }) => (bans.verified_at === null ? 0 : Date.parse(bans.verified_at) / 1000),
  );
  gauge('log_lag_seconds', 'How long the oldest unread byte of any log has waited', ({ log }) =>
    Math.max(0, ...log.map(({ lag_seconds }) => lag_seconds)),
  );
  gauge(
    'start_timestamp_seconds',
    'When the daemon started',
    ({ started_at }) => Date.parse(started_at) / 1000,
  );
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `portcullis_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  counter('log_lines', 'Log lines read since the start', lines);
  counter('failures', 'Failures counted since the start', failures);
  counter(
    'repairs',
    'Differences between kernel and wanted bans that were mended',
    () => status().bans.repairs,
  );
  const jailGauge = (name: string, help: string, read: (jail: Status['jails'][number]) => number) =>
    new Gauge({
      name: `portcullis_jail_${name}`,
      help,
      labelNames: ['jail'],
      registers,
      collect() {
        this.reset();
        for (const jail of status().jails) this.set({ jail: jail.name }, read(jail));
      },
    });
  jailGauge('bans', 'Bans in force by jail', ({ bans }) => bans);
  jailGauge('tracked_addresses', 'Addresses with failures inside findtime', ({ tracked }) => tracked);
  return registry;
}
