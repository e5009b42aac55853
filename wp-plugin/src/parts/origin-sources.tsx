import { __ } from '@wordpress/i18n';
import { originSources } from '../words/origin-sources.ts';

/** Whose data countries and networks are: their licence asks for it wherever they are shown. */
export const OriginSources = () => (
	<p className="portcullis-sources">
		{ __( 'Countries and networks:', 'portcullis' ) }{ ' ' }
		{ originSources.map( ( { name, url } ) => (
			<span key={ name }>
				<a href={ url } rel="external noreferrer">
					{ name }
				</a>
				{ ', ' }
			</span>
		) ) }
		<a
			href="https://creativecommons.org/licenses/by/4.0/"
			rel="external noreferrer"
		>
			CC BY 4.0
		</a>
	</p>
);
