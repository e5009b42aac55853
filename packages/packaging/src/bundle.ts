import { globSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** The program as one module, and the files that it reads at run time. */
export interface Bundle {
  readonly code: string;
  /** From the name under which `shipped-file.ts` asks for it to the file; sorted by name. */
  readonly assets: ReadonlyMap<string, string>;
  /** Folders of the packages from other authors whose code is in `code` or whose files are in `assets`. */
  readonly packages: readonly string[];
}

const root = path.join(import.meta.dirname, '../../..');

/** Node's own `require` for what is written as CommonJS; in an executable it finds the modules of Node and no others. */
const banner = `import { createRequire as requireFrom } from 'node:module';const require = requireFrom(import.meta.url);`;

/**
 * Puts the command line, the daemon and all that they import into one module. What is loaded with `import()` is still
 * evaluated only then.
 *
 * Nothing of where it was built is in it: the URL of a source file becomes `file:///` with its path from the root of the
 * workspace, and each file that sources name by `new URL('…', import.meta.url)` or `import.meta.resolve('…')` becomes an
 * asset of that name.
 *
 * @param entry path of the first module, from the root of the workspace
 */
export async function bundle(entry = 'packages/cli/src/main.ts'): Promise<Bundle> {
  const assets = new Map<string, string>();
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    // One byte a character in memory: anything beyond ASCII would make V8 store all of it with two.
    charset: 'ascii',
    // Not the names: they stand in stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    banner: { js: banner },
    plugins: [shippedFiles(assets)],
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = [...Object.keys(metafile.inputs), ...[...assets.values()].map(fromRoot)];
  return {
    code: outputFiles[0]!.text,
    assets: new Map([...assets].sort(([a], [b]) => (a < b ? -1 : 1))),
    packages: [...new Set(inputs.flatMap(packageFolder))].sort(),
  };
}

const fromRoot = (file: string): string => path.relative(root, file);

/** `node_modules/.pnpm/a@1.0.0/node_modules/a` of a file in it; nothing of a file of ours. */
function packageFolder(file: string): string[] {
  const found = /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  return found === null ? [] : [path.join(root, found[0])];
}

/** Finds the files that our sources name, and gives each source the URL that `shipped-file.ts` understands. */
function shippedFiles(assets: Map<string, string>): Plugin {
  const add = (file: string): string => {
    const name = assetName(file);
    if (!statSync(file).isDirectory()) assets.set(name, file);
    else for (const one of globSync('*', { cwd: file })) assets.set(`${name}/${one}`, path.join(file, one));
    return `file:///${name}`;
  };
  return {
    name: 'shipped-files',
    setup({ onLoad }) {
      onLoad({ filter: /\/packages\/[^/]+\/src\/.*\.ts$/ }, ({ path: source }) => {
        const resolve = createRequire(source).resolve;
        const contents = readFileSync(source, 'utf8')
          .replace(/\bimport\.meta\.resolve\('([^']+)'\)/g, (_whole, name: string) =>
            JSON.stringify(add(resolve(name))),
          )
          .replace(/\bnew URL\('([^']+)', import\.meta\.url\)/g, (_whole, relative: string) => {
            const file = fileURLToPath(new URL(relative, pathToFileURL(source)));
            return `new URL(${JSON.stringify(add(file) + (relative.endsWith('/') ? '/' : ''))})`;
          });
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** A file's path from the root of the workspace, or from the folder in which its package is installed. */
function assetName(file: string): string {
  const installed = file.lastIndexOf('/node_modules/');
  return installed < 0 ? fromRoot(file) : file.slice(installed + 1);
}
