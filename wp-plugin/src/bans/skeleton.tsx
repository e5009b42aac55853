import { __ } from '@wordpress/i18n';

/** Where rows will be. */
export const Skeleton = ( { rows }: { readonly rows: number } ) => (
	<div className="portcullis-skeleton" role="status">
		<span className="screen-reader-text">
			{ __( 'Loading …', 'portcullis' ) }
		</span>
		{ Array.from( { length: rows }, ( _, at ) => (
			<div key={ at } aria-hidden="true" />
		) ) }
	</div>
);
