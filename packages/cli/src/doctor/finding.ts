import type { Client } from '@portcullis/client';
import type { Config } from '@portcullis/core';
import type { Exec } from '@portcullis/daemon/offline';

/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly sentence: string;
  /** What to do about it; null where nothing is to do. */
  readonly do: string | null;
}

export const ok = (check: string, sentence: string): Finding => ({ check, level: 'ok', sentence, do: null });
export const warning = (check: string, sentence: string, advice: string): Finding => ({
  check,
  level: 'warning',
  sentence,
  do: advice,
});
export const error = (check: string, sentence: string, advice: string): Finding => ({
  check,
  level: 'error',
  sentence,
  do: advice,
});

/** Where checks look. */
export interface Place {
  /** Put before each path of the host: empty, but for tests. */
  readonly root: string;
  readonly config: Config;
  readonly exec: Exec;
  readonly client: Client;
  readonly socketPath: string;
  /** Epoch ms. */
  readonly now: number;
  /** The socket that syslog listens on. */
  readonly syslogSocket: string;
}

/** One question about the host. It changes nothing: what it gathers are facts, what it finds follows from them alone. */
export interface Check<Facts> {
  readonly name: string;
  gather(place: Place): Promise<Facts> | Facts;
  judge(facts: Facts, now: number): readonly Finding[];
}

/** A check that can be run. One that fails is a finding, and keeps no other from being made. */
export const runnable =
  <Facts>({ name, gather, judge }: Check<Facts>) =>
  async (place: Place): Promise<readonly Finding[]> => {
    try {
      return judge(await gather(place), place.now);
    } catch (cause) {
      const sentence = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
      return [error(name, `It could not be looked at: ${sentence}`, 'Run doctor as root.')];
    }
  };
