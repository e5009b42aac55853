import { Button, SelectControl, TextControl } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import type { FormEvent, ReactNode } from 'react';
import { useFirstField } from './use-first-field.ts';

const periods = () => [
	{ value: '1h', label: __( '1 hour', 'portcullis' ) },
	{ value: '1d', label: __( '1 day', 'portcullis' ) },
	{ value: '7d', label: __( '7 days', 'portcullis' ) },
	{ value: '30d', label: __( '30 days', 'portcullis' ) },
];

interface Props {
	readonly submitLabel: string;
	readonly onSubmit: ( period: string, note: string ) => void;
	readonly onCancel?: ( () => void ) | undefined;
	/** Before the form's own fields. */
	readonly children?: ReactNode;
}

/** How long an address is allowed, and why. A site may say 30 days at most. */
export function AllowForm( {
	submitLabel,
	onSubmit,
	onCancel,
	children,
}: Props ) {
	const form = useFirstField();
	const [ period, setPeriod ] = useState( '7d' );
	const [ note, setNote ] = useState( '' );
	const submit = ( event: FormEvent ) => {
		event.preventDefault();
		onSubmit( period, note.trim() );
	};
	return (
		<form ref={ form } className="portcullis-form" onSubmit={ submit }>
			{ children }
			<SelectControl
				label={ __( 'Allow for', 'portcullis' ) }
				value={ period }
				options={ periods() }
				onChange={ setPeriod }
				__next40pxDefaultSize
				__nextHasNoMarginBottom
			/>
			<TextControl
				label={ __( 'Note', 'portcullis' ) }
				help={ __(
					'Whose address it is, or why. The administrator of the host sees it.',
					'portcullis'
				) }
				value={ note }
				maxLength={ 500 }
				onChange={ setNote }
				__next40pxDefaultSize
				__nextHasNoMarginBottom
			/>
			<div className="portcullis-buttons">
				<Button variant="primary" type="submit" __next40pxDefaultSize>
					{ submitLabel }
				</Button>
				{ onCancel && (
					<Button
						variant="tertiary"
						onClick={ onCancel }
						__next40pxDefaultSize
					>
						{ __( 'Cancel', 'portcullis' ) }
					</Button>
				) }
			</div>
		</form>
	);
}
