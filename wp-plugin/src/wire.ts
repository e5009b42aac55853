/** What the daemon says: PHP passes it on unchanged, so its types are the daemon's own. */
import type { Answer } from '@portcullis/contracts';

export type {
	AllowEntry,
	Answer,
	Ban,
	BanDetails,
	BanQuery,
	Campaign,
	Evidence,
	Failure,
	IgnoredReason,
	NewAllowEntry,
	NewUnbanRequest,
	Page,
	RouteName,
	SiteIdentity,
	Stats,
	Status,
	UnbanRequest,
} from '@portcullis/contracts';

export type AuditEntry = Answer< 'listAudit' >[ 'items' ][ number ];
