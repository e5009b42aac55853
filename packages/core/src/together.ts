import type { JailConfig } from './config.ts';
import { foreign } from './foreign-text.ts';
import type { Together } from './jail.ts';

/** What failures of several clients have in common that counted together, and how many there were. */
export interface TogetherToTell {
  /** As `user admin` or `system 64500`; without characters that cannot be seen, and cut. */
  readonly key: string;
  readonly failures: number;
  readonly clients: number;
}

/** @param name that one of the failures tried */
export const describeTogether = (
  { key: kind }: Pick<JailConfig, 'key'>,
  { key, failures, clients }: Together,
  name: string | null,
): TogetherToTell => ({
  key: `${kind} ${kind === 'user' ? foreign(name ?? '').foreign : key}`,
  failures,
  clients,
});
