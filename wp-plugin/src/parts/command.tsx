import { Button } from '@wordpress/components';
import { __ } from '@wordpress/i18n';
import { useNotices } from '../deeds/notices.tsx';
import { copyText } from './copy-text.ts';

/** A command line to run on the host, with a button that copies it. */
export function Command( { line }: { readonly line: string } ) {
	const { tell } = useNotices();
	const copy = async () =>
		tell(
			( await copyText( line ) )
				? __( 'The command is copied.', 'portcullis' )
				: __( 'The browser does not let this page copy.', 'portcullis' )
		);
	return (
		<div className="portcullis-command">
			<code dir="ltr">{ line }</code>
			<Button variant="secondary" size="small" onClick={ copy }>
				{ __( 'Copy command', 'portcullis' ) }
			</Button>
		</div>
	);
}
