const units = [
	{ unit: 'second', ms: 1_000, next: 90_000 },
	{ unit: 'minute', ms: 60_000, next: 90 * 60_000 },
	{ unit: 'hour', ms: 3_600_000, next: 36 * 3_600_000 },
	{ unit: 'day', ms: 86_400_000, next: Infinity },
] as const;

function measure( ms: number ) {
	const size = Math.abs( ms );
	const { unit, ms: length } =
		units.find( ( { next } ) => size < next ) ?? units[ 3 ];
	return { unit, amount: Math.round( size / length ) };
}

/** `3 min`, `2 hr`: how long something took, in the language of the page. */
export function span( ms: number, locale: string ): string {
	const { unit, amount } = measure( ms );
	return new Intl.NumberFormat( locale, {
		style: 'unit',
		unit,
		unitDisplay: unit === 'day' ? 'long' : 'short',
	} ).format( amount );
}

/** `3 minutes ago`, `in 2 hours`. */
export function relative( at: number, now: number, locale: string ): string {
	const { unit, amount } = measure( at - now );
	return new Intl.RelativeTimeFormat( locale, {
		numeric: amount === 0 ? 'auto' : 'always',
	} ).format( at < now ? -amount : amount, unit );
}

/**
 * An instant in the site's zone.
 * @param at       epoch milliseconds
 * @param options  what of it is told
 * @param timeZone an IANA name or an offset, as WordPress has it; where the browser does not know it, its own is used
 * @param locale   a language tag
 */
export function inZone(
	at: number,
	options: Intl.DateTimeFormatOptions,
	timeZone: string,
	locale: string
): string {
	const format = ( zone?: string ) =>
		new Intl.DateTimeFormat( locale, {
			...options,
			timeZone: zone,
		} ).format( at );
	try {
		return format( timeZone );
	} catch {
		return format();
	}
}

/** Date and time to the second. */
export const absolute = (
	at: number,
	timeZone: string,
	locale: string
): string =>
	inZone( at, { dateStyle: 'medium', timeStyle: 'long' }, timeZone, locale );
