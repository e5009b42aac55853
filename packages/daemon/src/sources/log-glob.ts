import { globSync } from 'node:fs';
import { basename, dirname, matchesGlob, resolve } from 'node:path';
import { parseRotatedName } from './rotated-names.ts';

const magic = /[*?[{]/;

/** A configured log: one path, or a pattern that may match others later. */
export interface LogGlob {
  /** Absolute. */
  readonly pattern: string;
  /** The one path that a pattern without wildcards names. */
  readonly path: string | null;
  /** The deepest directory whose name has no wildcard. */
  readonly base: string;
  /** The logs that match now. A rotated file belongs to its log and is none. */
  matches(): string[];
  /** Whether the path is one that the pattern names, there or not. */
  names(path: string): boolean;
  /** Whether a match may lie in this directory or below it. */
  mayHold(directory: string): boolean;
}

export function isPattern(path: string): boolean {
  return magic.test(path);
}

export function createLogGlob(configured: string): LogGlob {
  const pattern = resolve(configured);
  if (!isPattern(pattern)) {
    const base = dirname(pattern);
    return {
      pattern,
      path: pattern,
      base,
      matches: () => [pattern],
      names: (path) => path === pattern,
      mayHold: (directory) => directory === base,
    };
  }
  let base = dirname(pattern);
  while (isPattern(base)) base = dirname(base);
  const segments = pattern.split('/');
  return {
    pattern,
    path: null,
    base,
    matches: () => globSync(pattern).filter((path) => !isRotated(path, pattern)),
    names: (path) => matchesGlob(path, pattern),
    mayHold(directory) {
      if (directory === base) return true;
      if (!directory.startsWith(base === '/' ? base : `${base}/`)) return false;
      const depth = directory.split('/').length;
      const deep = segments.indexOf('**');
      if (deep !== -1 && depth >= deep) return true;
      return depth < segments.length && matchesGlob(directory, segments.slice(0, depth).join('/'));
    },
  };
}

/** `auth.log*` matches `auth.log.1` too, and `*.log*` a compressed one: they are read as parts of their log. */
function isRotated(path: string, pattern: string): boolean {
  const rotated = parseRotatedName(path);
  if (rotated === undefined) return path.endsWith('.gz');
  return (
    rotated.gzip || matchesGlob(rotated.log, pattern) || matchesGlob(basename(rotated.log), basename(pattern))
  );
}
