import type { Client } from '@portcullis/client';
import type { Command } from 'commander';
import { createTerminal, type Terminal, visibleJson } from './terminal.ts';

export const defaultSocket = '/run/portcullis/admin.sock';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly socket: string;
  readonly json?: boolean;
  /** `--no-color` makes it false. */
  readonly color: boolean;
}

/** What a command works with. */
export interface Session {
  readonly json: boolean;
  /** Whether colour may be used where the stream is a terminal. */
  readonly colour: boolean;
  readonly socketPath: string;
  readonly client: Client;
  /** Standard output. */
  readonly out: Terminal;
  readonly now: number;
  /** Prints the value as one JSON document, indented on a terminal. */
  printJson(value: unknown): void;
}

/** 0 done, 1 the answer is "no" or a check failed, 2 wrong usage or configuration, 3 unreachable, 4 refused by policy. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

type Action<A extends unknown[]> = (session: Session, ...received: A) => Promise<ExitCode> | Promise<void>;

/** What a command's action needs around it: a session before it, its exit code after it. */
export function withSession<A extends unknown[]>(action: Action<A>) {
  return async (...received: [...A, Command]): Promise<void> => {
    const command = received.at(-1) as Command;
    const { socket, json = false, color } = command.optsWithGlobals<GlobalOptions>();
    const out = createTerminal(process.stdout, color);
    // Loaded only now: `--version` and `--help` come without it.
    const { createClient } = await import('@portcullis/client');
    await using client = createClient({ socketPath: socket });
    const session: Session = {
      json,
      colour: color,
      socketPath: socket,
      client,
      out,
      now: Date.now(),
      printJson: (value) => out.line(visibleJson(value, out.columns === null ? undefined : 2)),
    };
    process.exitCode = (await action(session, ...(received.slice(0, -1) as A))) || 0;
  };
}
