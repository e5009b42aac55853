import { useId, useRef } from '@wordpress/element';
import { __ } from '@wordpress/i18n';
import { useWidth } from '../parts/use-measure.ts';
import { useSurroundings } from '../surroundings.ts';
import type { Stats } from '../wire.ts';
import { inZone } from '../words/moment.ts';
import { scaleOf } from './scale.ts';

const height = 220;
const margin = { top: 8, bottom: 24, start: 44, end: 8 };

interface Props {
	readonly stats: Stats;
	readonly title: string;
}

/**
 * Failures and bans as bars. The drawing is one image with a name; the numbers are in the table behind it, which
 * everybody can open.
 */
export function Chart( { stats, title }: Props ) {
	const { settings, locale } = useSurroundings();
	const id = useId();
	const place = useRef< HTMLElement >( null );
	const width = useWidth( place, 720 ) - 32;
	const { buckets, bucket_seconds: seconds } = stats;
	const { top, lines } = scaleOf(
		Math.max( 0, ...buckets.map( ( { failures } ) => failures ) )
	);
	const inner = {
		width: width - margin.start - margin.end,
		height: height - margin.top - margin.bottom,
	};
	const y = ( value: number ) =>
		margin.top + inner.height * ( 1 - Math.min( 1, value / top ) );
	const slot = inner.width / Math.max( 1, buckets.length );
	const x = ( at: number ) => margin.start + at * slot;
	const format: Intl.DateTimeFormatOptions =
		seconds < 86_400
			? { weekday: 'short', hour: 'numeric' }
			: { month: 'short', day: 'numeric' };
	const when = ( at: string ) =>
		inZone( Date.parse( at ), format, settings.timeZone, locale );
	const every = Math.max(
		1,
		Math.ceil( ( buckets.length * 90 ) / inner.width )
	);
	return (
		<figure ref={ place } className="portcullis-chart">
			<figcaption id={ id }>{ title }</figcaption>
			<div className="portcullis-legend" aria-hidden="true">
				<span className="is-failures">
					{ __( 'Failures', 'portcullis' ) }
				</span>
				<span className="is-bans">{ __( 'Bans', 'portcullis' ) }</span>
			</div>
			<svg
				viewBox={ `0 0 ${ width } ${ height }` }
				role="img"
				aria-labelledby={ id }
				direction="ltr"
			>
				{ lines.map( ( value ) => (
					<g key={ value } className="portcullis-gridline">
						<line
							x1={ margin.start }
							x2={ width - margin.end }
							y1={ y( value ) }
							y2={ y( value ) }
						/>
						<text
							x={ margin.start - 6 }
							y={ y( value ) + 4 }
							textAnchor="end"
						>
							{ value.toLocaleString( locale ) }
						</text>
					</g>
				) ) }
				{ buckets.map( ( { at, failures, bans }, index ) => (
					<g key={ at }>
						<title>
							{ `${ when( at ) }: ${ failures } / ${ bans }` }
						</title>
						<rect
							className="is-failures"
							x={ x( index ) + slot * 0.1 }
							width={ slot * 0.5 }
							y={ y( failures ) }
							height={ y( 0 ) - y( failures ) }
						/>
						<rect
							className="is-bans"
							x={ x( index ) + slot * 0.6 }
							width={ slot * 0.3 }
							y={ y( bans ) }
							height={ y( 0 ) - y( bans ) }
						/>
						{ index % every === 0 && x( index ) < width - 70 && (
							<text
								className="portcullis-tick"
								x={ x( index ) }
								y={ height - 6 }
							>
								{ when( at ) }
							</text>
						) }
					</g>
				) ) }
			</svg>
			<details>
				<summary>{ __( 'The same as a table', 'portcullis' ) }</summary>
				<table className="widefat striped">
					<thead>
						<tr>
							<th scope="col">{ __( 'From', 'portcullis' ) }</th>
							<th scope="col">
								{ __( 'Failures', 'portcullis' ) }
							</th>
							<th scope="col">{ __( 'Bans', 'portcullis' ) }</th>
						</tr>
					</thead>
					<tbody>
						{ buckets.map( ( { at, failures, bans } ) => (
							<tr key={ at }>
								<th scope="row">
									<time dateTime={ at }>{ when( at ) }</time>
								</th>
								<td>{ failures.toLocaleString( locale ) }</td>
								<td>{ bans.toLocaleString( locale ) }</td>
							</tr>
						) ) }
					</tbody>
				</table>
			</details>
		</figure>
	);
}
