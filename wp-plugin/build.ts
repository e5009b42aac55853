import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
	existsSync,
	globSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const plugin = import.meta.dirname;
const build = join( plugin, 'build' );
/** Of which sources the build is. Beside it, because all of the build is released. */
const record = join( plugin, '.build-sources' );

/** Whether `build/` is made of these sources. */
export const isPanelBuilt = (): boolean =>
	existsSync( build ) && recorded() === hashOfSources();

/** Makes `build/` of `src/`, which takes half a minute; nothing where that has been done. */
export function buildPanel(): void {
	if ( isPanelBuilt() ) {
		return;
	}
	const sources = hashOfSources();
	// Apart, so that whoever reads `build/` meanwhile finds it whole.
	const draft = `.build-${ process.pid }`;
	try {
		run( 'wp-scripts', 'build', `--output-path=${ draft }` );
		rmSync( build, { recursive: true, force: true } );
		renameSync( join( plugin, draft ), build );
	} finally {
		rmSync( join( plugin, draft ), { recursive: true, force: true } );
	}
	writeFileSync( record, sources );
}

/** Makes `languages/portcullis.pot`, which translations begin with. */
function makePot(): void {
	run(
		'make-pot',
		'.',
		'languages',
		'--charset=utf8',
		'--slug=portcullis',
		'--domain=plugin',
		'--exclude=node_modules,build,languages,.build-*,**/*.test.ts',
		'--skip-audit',
		'--silent'
	);
	const pot = join( plugin, 'languages/portcullis.pot' );
	writeFileSync( pot, inOrder( readFileSync( pot, 'utf8' ) ) );
}

/** The same .pot for the same texts: make-pot says when it ran, and its entries come as its readers finish. */
function inOrder( pot: string ): string {
	const dated = /^(# Copyright|"POT-Creation-Date|"PO-Revision-Date).*\n/gm;
	const [ header, ...entries ] = pot
		.replace( dated, '' )
		.trim()
		.split( /\n{2,}/ );
	const sorted = entries.map( ( entry ) => {
		const lines = entry.split( '\n' );
		const comments = lines.filter( ( line ) => line.startsWith( '#' ) );
		const texts = lines.filter( ( line ) => ! line.startsWith( '#' ) );
		return [ ...comments.sort(), ...texts ].join( '\n' );
	} );
	return `${ [ header, ...sorted.sort() ].join( '\n\n' ) }\n`;
}

/** Makes `dist/portcullis.zip`, as it is uploaded to a WordPress. @return its path */
export function zipPlugin(): string {
	makePot();
	run( 'wp-scripts', 'plugin-zip' );
	const dist = join( plugin, '../dist' );
	mkdirSync( dist, { recursive: true } );
	const zip = join( dist, 'portcullis.zip' );
	const made = join( plugin, 'portcullis.zip' );
	writeFileSync( zip, withoutCircumstances( readFileSync( made ) ) );
	rmSync( made );
	return zip;
}

/**
 * The same zip for the same files: each entry is of the 1st of January 1980, where the format's time begins, and a
 * plain file that all may read, whenever and under whichever umask it was made.
 *
 * @param zip Of less than 65,535 entries, without a comment.
 */
export function withoutCircumstances( zip: Buffer ): Buffer {
	const made = Buffer.from( zip );
	const end = made.length - 22;
	if ( made.readUInt32LE( end ) !== 0x06054b50 ) {
		throw new Error( 'The zip of the plugin does not end as it should.' );
	}
	const midnight = 0x00210000;
	let entry = made.readUInt32LE( end + 16 );
	for ( let left = made.readUInt16LE( end + 10 ); left > 0; left-- ) {
		const header = made.readUInt32LE( entry + 42 );
		made.writeUInt32LE( midnight, entry + 12 );
		made.writeUInt32LE( midnight, header + 10 );
		made.writeUInt32LE( 0o100644 * 0x10000, entry + 38 );
		entry +=
			46 +
			made.readUInt16LE( entry + 28 ) +
			made.readUInt16LE( entry + 30 ) +
			made.readUInt16LE( entry + 32 );
	}
	return made;
}

const recorded = (): string | null =>
	existsSync( record ) ? readFileSync( record, 'utf8' ) : null;

function hashOfSources(): string {
	const hash = createHash( 'sha256' );
	const files = [
		...globSync( 'src/**/*.{ts,tsx,scss}', { cwd: plugin } ),
		'package.json',
		'webpack.config.js',
		'../pnpm-lock.yaml',
	].filter( ( path ) => ! path.endsWith( '.test.ts' ) );
	for ( const path of files.sort() ) {
		hash.update( `${ path }\0` );
		hash.update( readFileSync( join( plugin, path ) ) );
	}
	return hash.digest( 'hex' );
}

function run( program: string, ...argv: string[] ): void {
	const { status, stdout, stderr, error } = spawnSync(
		join( plugin, 'node_modules/.bin', program ),
		argv,
		{
			cwd: plugin,
			encoding: 'utf8',
			// Node's compile cache would stay behind in the temporary folder.
			env: {
				...process.env,
				NODE_ENV: 'production',
				NODE_DISABLE_COMPILE_CACHE: '1',
			},
		}
	);
	if ( status !== 0 ) {
		throw new Error(
			`${ program } ${ argv.join( ' ' ) } failed: ${
				error?.message ?? stdout + stderr
			}`
		);
	}
}

if ( import.meta.main ) {
	buildPanel();
	process.stdout.write( `${ zipPlugin() }\n` );
}
