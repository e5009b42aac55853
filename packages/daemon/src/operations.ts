import type {
  AdminSessionNoted,
  AllowEntry,
  Allowed,
  AnsweredHold,
  AnsweredRequest,
  AuditEntry,
  AuditVerification,
  Ban,
  BanDetails,
  BanQuery,
  Campaign,
  EventType,
  Failure,
  FailureQuery,
  Hold,
  HoldState,
  Jail,
  MassUnbanQuery,
  NewAllowEntry,
  NewBan,
  NewRegistration,
  NewReport,
  NewReportTest,
  NewUnbanRequest,
  Page,
  PeriodicReport,
  Registered,
  Registration,
  ReportTest,
  RequestAnswer,
  SelfTest,
  Site,
  SiteIdentity,
  SiteToken,
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
  /** @param actor who asks, for the audit log: `admin` */
  ban(actor: string, ban: NewBan): Promise<Ban>;
  unban(
    actor: string,
    ip: string,
    options: { jail?: string; allow?: string; forget_history?: boolean },
  ): Promise<Unbanned>;
  unbanAll(actor: string, query: MassUnbanQuery): Promise<{ ended: number }>;
  listSites(query: Paging & { sort?: string }): Page<Site>;
  listJails(query: Paging): Page<Jail>;
  listAllowed(query: Paging): Page<AllowEntry>;
  allow(actor: string, entry: NewAllowEntry): Promise<Allowed>;
  disallow(actor: string, id: number): Promise<AllowEntry>;
  listFailures(query: FailureQuery): Page<Failure>;
  stats(query: { since?: string; site?: string }): Stats;
  why(ip: string): Why;
  listRequests(query: Paging & { state?: UnbanRequest['state'] }): Page<UnbanRequest>;
  answerRequest(actor: string, id: number, state: RequestAnswer['state']): Promise<AnsweredRequest>;
  listHolds(query: Paging & { state?: HoldState }): Page<Hold>;
  answerHold(actor: string, id: number, state: RequestAnswer['state']): Promise<AnsweredHold>;
  listRegistrations(query: Paging): Page<Registration>;
  register(actor: string, site: NewRegistration): Promise<Registered>;
  unregister(actor: string, id: string): Promise<Registration>;
  issueToken(actor: string, id: string): SiteToken;
  revokeToken(actor: string, id: string): Registration;
  report(query: { since?: string; site?: string }): Promise<PeriodicReport>;
  /** Sends a report at once, past the outbox. */
  sendReport(report: NewReport): Promise<ReportTest>;
  /** Sends a test message at once, past the outbox. */
  testReport(test: NewReportTest): Promise<ReportTest>;
  beginSelfTest(): SelfTest;
  getSelfTest(id: number): SelfTest;
  listCampaigns(query: Paging): Page<Campaign>;
  listAudit(query: Paging & { ip?: string }): Page<AuditEntry>;
  verifyAudit(query: { copy?: string }): Promise<AuditVerification>;
  /** Calls `listener` with each event from now on. @returns how to stop that */
  subscribe(listener: (event: DaemonEvent) => void): () => void;
  /** Counters and gauges in the Prometheus text format. */
  metrics(): Promise<string>;
}

/**
 * What one registered site can ask of the daemon: nothing in here can name another site. `user` is the WordPress user
 * for whom the site says that it asks; empty where it does not say.
 */
export interface SiteOperations {
  site(): SiteIdentity;
  /** Health of the host without its details, and the numbers of the site's own bans. */
  status(): Status;
  listBans(query: BanQuery): Page<Ban>;
  getBan(id: number): BanDetails;
  unban(
    user: string,
    ip: string,
    options: { jail?: string; allow?: string; forget_history?: boolean },
  ): Promise<Unbanned>;
  listSites(query: Paging & { sort?: string }): Page<Site>;
  listAllowed(query: Paging): Page<AllowEntry>;
  allow(user: string, entry: NewAllowEntry): Promise<Allowed>;
  disallow(user: string, id: number): Promise<AllowEntry>;
  listFailures(query: FailureQuery): Page<Failure>;
  stats(query: { since?: string; site?: string }): Stats;
  ask(user: string, request: NewUnbanRequest): UnbanRequest;
  noteSession(user: string, ip: string): AdminSessionNoted;
  listRequests(query: Paging & { state?: UnbanRequest['state'] }): Page<UnbanRequest>;
  /** Those that the site's own lines alone would be. */
  listCampaigns(query: Paging): Page<Campaign>;
  listAudit(query: Paging & { ip?: string }): Page<AuditEntry>;
  /** Calls `listener` with each event of a ban that has evidence of the site. @returns how to stop that */
  subscribe(listener: (event: DaemonEvent) => void): () => void;
}
