<?php
/**
 * Lists what is printed without being escaped: `php unescaped.php FOLDER`, or `-` for standard input. In each `echo`, a variable or
 * a call must stand inside one of the functions that escape.
 *
 * @package Portcullis\Bench
 */

const BENCH_ESCAPING = array( 'esc_html', 'esc_attr', 'esc_url', 'esc_html__', 'esc_attr__', 'wp_nonce_field' );

/**
 * Prints what one file prints unescaped.
 *
 * @param string $name   Of the file.
 * @param string $source Its text.
 */
function bench_list_unescaped( string $name, string $source ): void {
	$tokens = array_values( array_filter( PhpToken::tokenize( $source ), static fn( $token ) => ! $token->isIgnorable() ) );
	$count  = count( $tokens );
	for ( $at = 0; $at < $count; $at++ ) {
		if ( ! $tokens[ $at ]->is( array( T_ECHO, T_PRINT ) ) ) {
			continue;
		}
		$safe_since = null;
		$depth      = 0;
		for ( ++$at; $at < $count && ! ( 0 === $depth && ';' === $tokens[ $at ]->text ); $at++ ) {
			$token = $tokens[ $at ];
			$next  = $tokens[ $at + 1 ]->text ?? '';
			if ( null === $safe_since && $token->is( array( T_STRING, T_VARIABLE ) ) ) {
				if ( in_array( $token->text, BENCH_ESCAPING, true ) && '(' === $next ) {
					$safe_since = $depth;
				} elseif ( ! bench_is_harmless( $tokens, $at ) ) {
					echo "$name:{$token->line}: {$token->text}\n";
					// What it was called with matters no more.
					$safe_since = '(' === $next ? $depth : null;
				}
			}
			$depth += '(' === $token->text ? 1 : ( ')' === $token->text ? -1 : 0 );
			if ( ')' === $token->text && $depth === $safe_since ) {
				$safe_since = null;
			}
		}
	}
}

/**
 * Whether a name leads to text that is safe: a condition before `?`, or `array_map( 'esc_html', … )`.
 *
 * @param PhpToken[] $tokens Of the file.
 * @param int        $at     The name's place.
 */
function bench_is_harmless( array $tokens, int $at ): bool {
	$text = implode( '', array_map( static fn( $token ) => $token->text, array_slice( $tokens, $at, 12 ) ) );
	if ( preg_match( '/^implode\(\'[^\']*\',array_map\(\'esc_html\'/', $text ) || preg_match( '/^array_map\(\'esc_html\',/', $text ) ) {
		return true;
	}
	// `( $condition ? 'text' : 'text' )`, both of them literals.
	if ( preg_match( '/^\$\w+\?\'[^\']*\':\'[^\']*\'/', $text ) ) {
		return true;
	}
	$before = implode( '', array_map( static fn( $token ) => $token->text, array_slice( $tokens, max( 0, $at - 8 ), min( 8, $at ) ) ) );
	return 1 === preg_match( '/array_map\(\'esc_html\',(\$this->)?$/', $before );
}

if ( '-' === $argv[1] ) {
	bench_list_unescaped( '-', stream_get_contents( STDIN ) );
} else {
	$bench_files = new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $argv[1], FilesystemIterator::SKIP_DOTS ) );
	foreach ( $bench_files as $bench_file ) {
		bench_list_unescaped( $bench_file->getFilename(), (string) file_get_contents( $bench_file->getPathname() ) );
	}
}
