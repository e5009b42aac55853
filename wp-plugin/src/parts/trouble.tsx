import { Button, Notice } from '@wordpress/components';
import { __, sprintf } from '@wordpress/i18n';
import { useSurroundings } from '../surroundings.ts';
import { absolute } from '../words/moment.ts';
import { problemOf } from '../words/problem.ts';
import { Command } from './command.tsx';

interface Props {
	readonly error: unknown;
	/** When what is shown was last heard from the daemon, epoch ms; 0: nothing is shown. */
	readonly heardAt?: number;
	readonly retry: () => void;
}

/** What went wrong, what to run on the host, and how old what is shown has become. */
export function Trouble( { error, heardAt = 0, retry }: Props ) {
	const { settings, locale } = useSurroundings();
	const problem = problemOf( error );
	return (
		<Notice
			status={ heardAt > 0 ? 'warning' : 'error' }
			isDismissible={ false }
			className="portcullis-trouble"
		>
			<p>
				<strong>{ problem.sentence }</strong> { problem.hint }
			</p>
			{ problem.command !== '' && <Command line={ problem.command } /> }
			{ heardAt > 0 && (
				<p>
					{ sprintf(
						/* translators: %s: date and time */
						__( 'What you see is from %s.', 'portcullis' ),
						absolute( heardAt, settings.timeZone, locale )
					) }
				</p>
			) }
			<Button variant="secondary" onClick={ retry }>
				{ __( 'Try again', 'portcullis' ) }
			</Button>
		</Notice>
	);
}
