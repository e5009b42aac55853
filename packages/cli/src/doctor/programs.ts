import type { Exec } from '@portcullis/daemon/offline';

/** What a program said: its output, or why it did not run or end well. */
export type Said = { readonly output: string } | { readonly failure: string };

export async function ask(exec: Exec, argv: readonly [string, ...string[]]): Promise<Said> {
  try {
    return { output: (await exec(argv)).stdout };
  } catch (cause) {
    return { failure: cause instanceof Error ? cause.message.split('\n')[0]! : String(cause) };
  }
}

/** Its output; empty where it failed. */
export const outputOf = (said: Said): string => ('output' in said ? said.output : '');
