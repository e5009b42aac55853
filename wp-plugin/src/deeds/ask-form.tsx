import { Button, Notice, TextareaControl } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import type { FormEvent } from 'react';
import { useRefresh } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Ban } from '../wire.ts';
import type { Problem } from '../words/problem.ts';
import { useNotices } from './notices.tsx';
import { useFirstField } from './use-first-field.ts';

interface Props {
	readonly bans: readonly Pick< Ban, 'ip' | 'other_sites' >[];
	readonly close: () => void;
}

/** Asks the administrator of the host for an unban that this site may not do itself. */
export function AskForm( { bans, close }: Props ) {
	const { api } = useSurroundings();
	const { tell } = useNotices();
	const refresh = useRefresh();
	const form = useFirstField();
	const [ note, setNote ] = useState( '' );
	const [ sending, setSending ] = useState( false );
	const [ problem, setProblem ] = useState< Problem | null >( null );
	const submit = async ( event: FormEvent ) => {
		event.preventDefault();
		setSending( true );
		const outcomes = await api.ask(
			bans.map( ( { ip } ) => ( { ip, note: note.trim() } ) )
		);
		setSending( false );
		const refusal = outcomes.find( ( one ) => one.problem !== null );
		await refresh();
		if ( refusal ) {
			setProblem( refusal.problem );
			return;
		}
		tell(
			__( 'The administrator of the host has been asked.', 'portcullis' )
		);
		close();
	};
	return (
		<form ref={ form } className="portcullis-form" onSubmit={ submit }>
			<p>
				{ bans.some( ( { other_sites: others } ) => others > 0 )
					? __(
							'Other sites of this host have been attacked from there, too. So only the administrator of the host may lift the ban.',
							'portcullis'
						)
					: __(
							'This site may not lift bans by itself. The administrator of the host may.',
							'portcullis'
						) }
			</p>
			{ problem && (
				<Notice status="error" isDismissible={ false }>
					{ problem.sentence } { problem.hint }
				</Notice>
			) }
			<TextareaControl
				label={ __( 'Why should the ban be lifted?', 'portcullis' ) }
				value={ note }
				maxLength={ 500 }
				required
				onChange={ setNote }
				__nextHasNoMarginBottom
			/>
			<div className="portcullis-buttons">
				<Button
					variant="primary"
					type="submit"
					isBusy={ sending }
					disabled={ sending }
					accessibleWhenDisabled
					__next40pxDefaultSize
				>
					{ __( 'Ask for the unban', 'portcullis' ) }
				</Button>
				<Button
					variant="tertiary"
					onClick={ close }
					__next40pxDefaultSize
				>
					{ __( 'Cancel', 'portcullis' ) }
				</Button>
			</div>
		</form>
	);
}
