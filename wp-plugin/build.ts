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
}

/** Makes `dist/portcullis.zip`, as it is uploaded to a WordPress. @return its path */
export function zipPlugin(): string {
	makePot();
	run( 'wp-scripts', 'plugin-zip' );
	const dist = join( plugin, '../dist' );
	mkdirSync( dist, { recursive: true } );
	const zip = join( dist, 'portcullis.zip' );
	renameSync( join( plugin, 'portcullis.zip' ), zip );
	return zip;
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
