import { useSurroundings } from '../surroundings.ts';
import { absolute, relative } from '../words/moment.ts';
import { useNow } from './now.tsx';

interface Props {
	/** RFC 3339. */
	readonly at: string;
	/** Whether it lies in the past: clocks of host and browser differ a little. */
	readonly past?: boolean;
}

/** A relative time; the absolute one, in the site's zone, shows on hover and to screen readers on request. */
export function Moment( { at, past = false }: Props ) {
	const { settings, locale } = useSurroundings();
	const now = useNow();
	const instant = Date.parse( at );
	const shown = past ? Math.min( instant, now ) : instant;
	return (
		<time
			dateTime={ at }
			title={ absolute( instant, settings.timeZone, locale ) }
		>
			{ relative( shown, now, locale ) }
		</time>
	);
}

/** The absolute time in the site's zone. */
export function Instant( { at }: { readonly at: string } ) {
	const { settings, locale } = useSurroundings();
	return (
		<time dateTime={ at }>
			{ absolute( Date.parse( at ), settings.timeZone, locale ) }
		</time>
	);
}
