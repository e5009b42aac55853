import { __ } from '@wordpress/i18n';
import { visible } from '../words/visible.ts';

/** The longest line that is shown whole, in characters. */
const maxShown = 2_000;

/** Raw log lines: attackers wrote them, so what cannot be seen is spelled out. */
export function Lines( { lines }: { readonly lines: readonly string[] } ) {
	if ( lines.length === 0 ) {
		return null;
	}
	const label = __( 'Lines of the log', 'portcullis' );
	return (
		<>
			<h2>{ label }</h2>
			<div
				className="portcullis-lines"
				dir="ltr"
				role="region"
				aria-label={ label }
				// A region that scrolls must be reachable by keyboard.

				tabIndex={ 0 }
			>
				<ol>
					{ lines.map( ( line, at ) => (
						<li key={ at }>
							<code>{ visible( line, maxShown ) }</code>
						</li>
					) ) }
				</ol>
			</div>
		</>
	);
}
