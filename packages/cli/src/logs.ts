import { existsSync, statSync } from 'node:fs';
import type { Config, OnLine, TriedPolicy } from '@portcullis/core';
import type { HostKnowledge } from '@portcullis/daemon/offline';
import { createProgress } from './progress.ts';
import { createTerminal, type Terminal, visible } from './terminal.ts';

/** Where the configuration is unless a command is told otherwise. */
export const defaultConfigPath = '/etc/portcullis/portcullis.toml';

/** What `match` and `replay` work on. */
export interface LogWork extends TriedPolicy {
  /** Each once, the oldest first. */
  readonly paths: readonly string[];
}

/** @param files paths and patterns; none: the logs of the configuration */
export async function openLogs(
  files: readonly string[],
  configPath: string | undefined,
  colour: boolean,
): Promise<LogWork> {
  const { createOfflinePolicy, expandLogs } = await import('@portcullis/daemon/offline');
  const config = await findConfig(configPath);
  const policy = await createOfflinePolicy(config, warner(colour));
  return { ...policy, paths: expandLogs(files.length > 0 ? files : config.log.files) };
}

/** What `policy try` works on: two configurations, and the logs of the first with those that were rotated. */
export interface PolicyWork {
  readonly before: TriedPolicy;
  readonly after: TriedPolicy;
  readonly paths: readonly string[];
}

/** @param known what the running daemon holds against both; left out: nothing */
export async function openPolicies(
  { proposed, against, files }: { proposed: string; against: string | undefined; files: readonly string[] },
  colour: boolean,
  known?: HostKnowledge,
): Promise<PolicyWork> {
  const { createOfflinePolicy, expandLogs, expandWithRotated, readConfig } = await import(
    '@portcullis/daemon/offline'
  );
  const next = readConfig(proposed);
  const present = await findConfig(against);
  const warn = warner(colour);
  return {
    before: await createOfflinePolicy(present, warn, known),
    after: await createOfflinePolicy(next, warn, known),
    paths: files.length > 0 ? expandLogs(files) : expandWithRotated(present.log.files),
  };
}

/** Warns on standard error, of each thing once. */
function warner(colour: boolean): (sentence: string) => void {
  const err = createTerminal(process.stderr, colour);
  const said = new Set<string>();
  return (sentence) => {
    if (!said.has(sentence)) err.line(`${err.styled('yellow', 'portcullis:')} ${visible(sentence)}`);
    said.add(sentence);
  };
}

/** The named file; else the one in its usual place; else the defaults. */
async function findConfig(path: string | undefined): Promise<Config> {
  if (path === undefined && !existsSync(defaultConfigPath)) {
    const { parseConfig } = await import('@portcullis/core');
    return parseConfig('').config!;
  }
  const { readConfig } = await import('@portcullis/daemon/offline');
  return readConfig(path ?? defaultConfigPath);
}

/** Takes the lines of a log. */
export interface LineReader {
  readonly line: OnLine;
  /** Says that nothing more is known to come: what waits for further lines is printed. */
  readonly end: () => void;
}

/** How long standard input may give nothing before what waits for its next line is printed, in milliseconds. */
const idleAfter = 200;

export interface LogReading {
  /** Called before the first line of each log. */
  readonly open: (path: string) => LineReader;
  /** Lines that a chunk gave rise to; they are printed and forgotten. */
  readonly printed: string[];
}

/** Reads the logs one after the other, with a progress bar on standard error where that is a terminal. */
export async function readLogs(
  out: Terminal,
  paths: readonly string[],
  { open, printed }: LogReading,
): Promise<void> {
  const { LineSplitter } = await import('@portcullis/core');
  const { optimize, readLog } = await import('@portcullis/daemon/offline');
  optimize();
  const progress = await createProgress(paths.reduce((sum, path) => sum + sizeOf(path), 0));
  let done = 0;
  const print = () => {
    if (printed.length === 0) return;
    progress.clear();
    out.line(printed.join('\n'));
    printed.length = 0;
  };
  try {
    for (const path of paths) {
      const { line, end } = open(path);
      const splitter = new LineSplitter();
      let idle: NodeJS.Timeout | undefined;
      for await (const { bytes, read } of readLog(path)) {
        clearTimeout(idle);
        splitter.push(bytes, line);
        print();
        progress.update(done + read);
        if (path !== '-') continue;
        idle = setTimeout(() => {
          end();
          print();
        }, idleAfter);
      }
      clearTimeout(idle);
      splitter.end(line);
      end();
      print();
      done += sizeOf(path);
    }
  } finally {
    progress.stop();
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
