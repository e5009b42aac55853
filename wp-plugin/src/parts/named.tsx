import { useEffect, useRef } from '@wordpress/element';
import type { ReactNode } from 'react';

interface Props {
	readonly label: string;
	readonly children: ReactNode;
}

/** A list with a name: DataViews gives its table none. */
export function Named( { label, children }: Props ) {
	const place = useRef< HTMLElement >( null );
	useEffect( () => {
		place.current
			?.querySelectorAll( 'table' )
			.forEach( ( table ) => table.setAttribute( 'aria-label', label ) );
	} );
	return (
		<section ref={ place } className="portcullis-list" aria-label={ label }>
			{ children }
		</section>
	);
}
