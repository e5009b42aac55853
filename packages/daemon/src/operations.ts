import type {
  AllowEntry,
  Allowed,
  AuditEntry,
  Ban,
  BanDetails,
  BanQuery,
  EventType,
  Failure,
  FailureQuery,
  Jail,
  NewAllowEntry,
  NewBan,
  Page,
  Site,
  Stats,
  Status,
  Unbanned,
  UnbanRequest,
  Why,
} from '@portcullis/contracts';

export interface Paging {
  limit?: number;
  cursor?: string;
}

/** Something that happened, as `/v1/events` tells it. `id` grows by one with each event of this run. */
export interface DaemonEvent {
  readonly id: number;
  readonly type: EventType;
  readonly at: string;
  readonly data: Record<string, unknown>;
}

/**
 * What the API can ask of the daemon: one method a route, values in and out as the contracts say. The server turns
 * requests into these calls and knows nothing else. Methods throw `PortcullisError`.
 */
export interface Operations {
  status(): Status;
  listBans(query: BanQuery): Page<Ban>;
  getBan(id: number): BanDetails;
  /** @param actor who asks, for the audit log: `admin`, or `site:<id>` */
  ban(actor: string, ban: NewBan): Promise<Ban>;
  unban(actor: string, ip: string, options: { jail?: string; allow?: string }): Promise<Unbanned>;
  unbanAll(actor: string, options: { jail?: string }): Promise<{ ended: number }>;
  listSites(query: Paging & { sort?: string }): Page<Site>;
  listJails(query: Paging): Page<Jail>;
  listAllowed(query: Paging): Page<AllowEntry>;
  allow(actor: string, entry: NewAllowEntry): Promise<Allowed>;
  disallow(actor: string, id: number): Promise<AllowEntry>;
  listFailures(query: FailureQuery): Page<Failure>;
  stats(query: { since?: string; site?: string }): Stats;
  why(ip: string): Why;
  listRequests(query: Paging & { state?: UnbanRequest['state'] }): Page<UnbanRequest>;
  listAudit(query: Paging & { ip?: string }): Page<AuditEntry>;
  /** Calls `listener` with each event from now on. @returns how to stop that */
  subscribe(listener: (event: DaemonEvent) => void): () => void;
  /** Counters and gauges in the Prometheus text format. */
  metrics(): Promise<string>;
}
