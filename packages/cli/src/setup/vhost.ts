/** A site as a web server's configuration has it. */
export interface Vhost {
  readonly server: 'nginx' | 'apache';
  /** The file that its section begins in. */
  readonly file: string;
  /** Host names, in lower case, as they stand there; patterns are left out. */
  readonly names: readonly string[];
  readonly root: string;
  /** Paths or addresses at which PHP listens for it. */
  readonly php: readonly string[];
  /** The Unix user that the section itself names for its PHP (suexec, mpm-itk); null where it names none. */
  readonly user: string | null;
}

/** A name that one host can have: no pattern, no regular expression, no catch-all. */
export const isHostName = (name: string): boolean =>
  /^(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name) &&
  name !== 'localhost' &&
  !/^[0-9.]+$/.test(name);
