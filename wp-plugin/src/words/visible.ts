/**
 * Control characters, and characters that reorder or hide text. Log text is written by attackers: none of these may act
 * on the screen.
 */
const unseen =
	/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

/** Hostile text for the screen: what cannot be seen is spelled out, what is too long is cut. */
export function visible( text: string, maxLength = 200 ): string {
	const characters = Array.from( text.slice( 0, 2 * maxLength ) );
	const cut =
		characters.length > maxLength || text.length > 2 * maxLength
			? `${ characters.slice( 0, maxLength ).join( '' ) }…`
			: text;
	return cut.replace(
		unseen,
		( character ) => `\\u{${ character.codePointAt( 0 )?.toString( 16 ) }}`
	);
}

/** The same inside a sentence: its direction does not leave it. */
export const isolated = ( text: string, maxLength = 60 ): string =>
	`\u2068${ visible( text, maxLength ) }\u2069`;
