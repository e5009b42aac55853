import type { Field } from '@wordpress/dataviews';
import { __ } from '@wordpress/i18n';
import { visible } from '../words/visible.ts';

/** On the network's screens: for which of its sites something is. */
export const subSiteField = <
	Item extends { readonly sub_site: string | null },
>(): Field< Item > => ( {
	id: 'sub_site',
	label: __( 'Site', 'portcullis' ),
	enableGlobalSearch: true,
	filterBy: false,
	getValue: ( { item } ) => item.sub_site ?? '',
	render: ( { item }: { readonly item: Item } ) =>
		item.sub_site === null ? (
			<span>{ __( 'All sites', 'portcullis' ) }</span>
		) : (
			<bdi>{ visible( item.sub_site, 80 ) }</bdi>
		),
} );
