/** As the contracts name them; a test compares, since the panel takes only types from there. */
export const originSources = [
	{ name: 'RouteViews', url: 'https://www.routeviews.org' },
	{ name: 'NRO', url: 'https://www.nro.net' },
	{ name: 'DB-IP', url: 'https://db-ip.com' },
] as const;
