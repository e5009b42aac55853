import { globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Bounds of what is read of a web server's configuration: beyond them the rest is left out, and told. */
const maxFiles = 2_000;
const maxBytes = 1024 * 1024;

/** Reads files of a program's configuration, with those that they include. */
export class ConfigFiles {
  /** What was left out, as sentences. */
  readonly troubles: string[] = [];
  readonly #root: string;
  #read = 0;

  /** @param root put before each path of the host */
  constructor(root: string) {
    this.#root = root;
  }

  /** Files that a pattern names, as paths of the host. @param base what a relative pattern is relative to */
  expand(pattern: string, base: string): string[] {
    const path = isAbsolute(pattern) ? pattern : join(base, pattern);
    return globSync(join(this.#root, path))
      .sort()
      .map((found) => found.slice(this.#root.length));
  }

  /**
   * The text of a file; empty where it cannot be taken. A file that others than root may own decides nothing: who writes a
   * vhost says which domains are his.
   */
  text(path: string): string {
    try {
      const real = realpathSync(join(this.#root, path));
      const { size, uid } = statSync(real);
      if (uid !== 0 && uid !== process.getuid?.()) return this.#leaveOut(`${path} does not belong to root.`);
      if (size > maxBytes) return this.#leaveOut(`${path} is larger than 1 MiB.`);
      if (++this.#read > maxFiles) return this.#leaveOut(`${path}: more than ${maxFiles} files.`);
      return readFileSync(real, 'utf8');
    } catch (cause) {
      return this.#leaveOut(`${path} cannot be read: ${(cause as NodeJS.ErrnoException).code}.`);
    }
  }

  #leaveOut(sentence: string): '' {
    this.troubles.push(sentence);
    return '';
  }
}
