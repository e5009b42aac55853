import { type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** The daemon's own log on standard error: plain text on a terminal, JSON lines elsewhere (journald, files). */
export async function createLogger(): Promise<Logger> {
  const options = {
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(
    options,
    pretty({
      destination: 2,
      sync: true,
      colorize: process.env['NO_COLOR'] === undefined,
      ignore: 'pid,hostname',
    }),
  );
}
