import { existsSync, statSync } from 'node:fs';
import type { Config, Detector, OnLine } from '@portcullis/core';
import { createProgress } from './progress.ts';
import { createTerminal, type Terminal, visible } from './terminal.ts';

/** Where the configuration is unless a command is told otherwise. */
export const defaultConfigPath = '/etc/portcullis/portcullis.toml';

/** What `match` and `replay` work on. */
export interface LogWork {
  readonly detector: Detector;
  /** Each once, the oldest first. */
  readonly paths: readonly string[];
}

/** @param files paths and patterns; none: the logs of the configuration */
export async function openLogs(
  files: readonly string[],
  configPath: string | undefined,
  colour: boolean,
): Promise<LogWork> {
  const { createOfflineDetector, expandLogs } = await import('@portcullis/daemon/offline');
  const config = await findConfig(configPath);
  const err = createTerminal(process.stderr, colour);
  const detector = await createOfflineDetector(config, (sentence) => {
    err.line(`${err.styled('yellow', 'portcullis:')} ${visible(sentence)}`);
  });
  return { detector, paths: expandLogs(files.length > 0 ? files : config.log.files) };
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
