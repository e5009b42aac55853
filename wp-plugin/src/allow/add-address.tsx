import { Modal, Notice, TextControl } from '@wordpress/components';
import { useState } from '@wordpress/element';
import { __, _n, sprintf } from '@wordpress/i18n';
import { AllowForm } from '../deeds/allow-form.tsx';
import { useNotices } from '../deeds/notices.tsx';
import { useRefresh } from '../queries.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Answer } from '../wire.ts';
import type { Problem } from '../words/problem.ts';

/** Allows an address that need not be banned. The daemon judges it; the form stays open until it has. */
export function AddAddress( { close }: { readonly close: () => void } ) {
	const { api, settings } = useSurroundings();
	const { tell } = useNotices();
	const refresh = useRefresh();
	const [ ip, setIp ] = useState( '' );
	const [ problem, setProblem ] = useState< Problem | null >( null );
	const add = async ( period: string, note: string ) => {
		const [ outcome ] = await api.allow( [
			{ ip: ip.trim(), for: period, note },
		] );
		setProblem( outcome?.problem ?? null );
		if ( outcome?.problem === null ) {
			tell( allowedInWords( outcome.answer as Answer< 'allow' > ) );
			await refresh();
			close();
		}
	};
	const own = settings.ownAddress.ip;
	return (
		<Modal
			title={ __( 'Allow an address', 'portcullis' ) }
			onRequestClose={ close }
			size="medium"
			className="portcullis-dialog"
		>
			<AllowForm
				submitLabel={ __( 'Allow', 'portcullis' ) }
				onSubmit={ add }
				onCancel={ close }
			>
				{ problem && (
					<Notice status="error" isDismissible={ false }>
						{ problem.sentence } { problem.hint }
					</Notice>
				) }
				<TextControl
					label={ __( 'Address', 'portcullis' ) }
					help={
						own === ''
							? __(
									'One IP address, or the /64 network of an IPv6 client.',
									'portcullis'
								)
							: sprintf(
									/* translators: %s: address */
									__(
										'One IP address, or the /64 network of an IPv6 client. Yours is %s.',
										'portcullis'
									),
									own
								)
					}
					value={ ip }
					onChange={ setIp }
					required
					dir="ltr"
					__next40pxDefaultSize
					__nextHasNoMarginBottom
				/>
			</AllowForm>
		</Modal>
	);
}

/** What allowing did to bans: told as far as the daemon answered it. */
function allowedInWords( { entry, lifted, kept }: Answer< 'allow' > ): string {
	const sentences = [
		sprintf(
			/* translators: %s: address */
			__( '%s is allowed.', 'portcullis' ),
			entry.ip
		),
	];
	if ( lifted > 0 ) {
		sentences.push(
			sprintf(
				/* translators: %d: number of bans */
				_n(
					'%d ban was lifted.',
					'%d bans were lifted.',
					lifted,
					'portcullis'
				),
				lifted
			)
		);
	}
	if ( kept > 0 ) {
		sentences.push(
			__(
				'A ban goes on, because other sites have evidence, too.',
				'portcullis'
			)
		);
	}
	return sentences.join( ' ' );
}
