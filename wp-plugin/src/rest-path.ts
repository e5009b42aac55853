export type QueryValues = Readonly<
	Record< string, string | number | boolean | undefined >
>;

/**
 * One spelling for each request: parameters sorted, `_locale` included, so that what PHP preloaded is found again.
 */
export function restPath( route: string, query: QueryValues = {} ): string {
	const entries = Object.entries( { ...query, _locale: 'user' } )
		.filter( ( [ , value ] ) => value !== undefined && value !== '' )
		.map( ( [ name, value ] ) => [ name, String( value ) ] )
		.sort( ( [ a = '' ], [ b = '' ] ) => ( a < b ? -1 : 1 ) );
	return `/portcullis/v1${ route }?${ new URLSearchParams( entries ) }`;
}

/** The same spelling for a path that somebody else wrote. */
export function canonicalPath( path: string ): string {
	const { pathname, searchParams } = new URL( path, 'http://localhost' );
	return restPath(
		pathname.replace( /^\/portcullis\/v1/, '' ),
		Object.fromEntries( searchParams )
	);
}
