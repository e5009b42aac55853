import { bytes } from './phrases.ts';

export interface Progress {
  update(bytesRead: number): void;
  /** Makes room for other output; the next update draws it again. */
  clear(): void;
  stop(): void;
}

/** Below this size a bar would only flicker, in bytes. */
const worthwhile = 20 * 1024 * 1024;

/** A bar on standard error, cleared at the end. None where that is no terminal, and none for little. */
export async function createProgress(total: number): Promise<Progress> {
  if (process.stderr.isTTY !== true || total < worthwhile) {
    return { update: () => {}, clear: () => {}, stop: () => {} };
  }
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({
    format: '{bar} {percentage} % of {size}, {eta_formatted} left',
    clearOnComplete: true,
    hideCursor: true,
    forceRedraw: true,
    stream: process.stderr,
  });
  bar.start(total, 0, { size: bytes(total) });
  return {
    update: (read) => bar.update(Math.min(read, total)),
    clear: () => void process.stderr.write('\r\x1b[K'),
    stop: () => bar.stop(),
  };
}
