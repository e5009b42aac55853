/** What PHP prints before the script: README-dev.md describes each field. */
export interface Settings {
	readonly version: string;
	/** The network admin's screen: every request carries `scope=network`. */
	readonly network: boolean;
	readonly capabilities: {
		readonly view: boolean;
		readonly unban: boolean;
		readonly allow: boolean;
	};
	readonly preload: Readonly< Record< string, { readonly body: unknown } > >;
	readonly site: SiteName;
	readonly sites: readonly SiteName[];
	readonly ownAddress: {
		/** As WP fail2ban would log this request; empty where it cannot be told. */
		readonly ip: string;
		readonly remote: string;
		readonly proxied: boolean;
		readonly cdn: string | null;
	};
	/** IANA name or offset, as the site is set. */
	readonly timeZone: string;
	/** What to run on the host to get in again. */
	readonly recovery: string;
}

export interface SiteName {
	/** As the log and the daemon spell it. */
	readonly name: string;
	readonly url: string;
	readonly title: string;
}

declare global {
	interface Window {
		readonly portcullisSettings?: Settings;
	}
}
