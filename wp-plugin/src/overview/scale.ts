/** A round number at or above the largest value, and the values of a few lines up to it. */
export function scaleOf( largest: number ): {
	readonly top: number;
	readonly lines: readonly number[];
} {
	const rough = Math.max( 1, largest ) / 4;
	const power = 10 ** Math.floor( Math.log10( rough ) );
	const step = Math.max(
		1,
		( [ 1, 2, 2.5, 5, 10 ].find(
			( factor ) =>
				factor * power >= rough && Number.isInteger( factor * power )
		) ?? 10 ) * power
	);
	const count = Math.max( 1, Math.ceil( largest / step ) );
	return {
		top: count * step,
		lines: Array.from( { length: count + 1 }, ( _, at ) => at * step ),
	};
}
