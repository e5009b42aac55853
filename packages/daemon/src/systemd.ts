import type { Exec } from './exec.ts';

/** What the daemon tells the service manager. Does nothing where there is none. */
export interface ServiceManager {
  /** The start, or a reload, is over: the kernel is checked and the logs are read. Begins the watchdog's signs of life. */
  ready(): Promise<void>;
  reloading(): Promise<void>;
  /** Ends the signs of life. */
  stopping(): Promise<void>;
}

export interface ServiceManagerOptions {
  readonly exec: Exec;
  /** `NOTIFY_SOCKET` as systemd sets it. */
  readonly socket: string | undefined;
  /** `WATCHDOG_USEC` as systemd sets it: the time without a sign of life, in microseconds, after which it kills. */
  readonly watchdogUsec: string | undefined;
  /** Told once where systemd-notify fails. */
  readonly onError: (error: unknown) => void;
}

/**
 * Tells systemd by its own `systemd-notify`, because Node cannot open a datagram socket of the Unix family. One run takes
 * some 5 ms of processor time, so the watchdog's signs of life, two in each of its periods, cost 0.02 % of one at a
 * period of a minute. The unit needs `NotifyAccess=all`: the sender is a child.
 */
export function createServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { exec, socket, watchdogUsec, onError } = options;
  let timer: NodeJS.Timeout | null = null;
  let failed = false;
  const tell = async (...words: string[]): Promise<void> => {
    if (socket === undefined || socket === '') return;
    try {
      await exec(['env', `NOTIFY_SOCKET=${socket}`, 'systemd-notify', ...words]);
    } catch (error) {
      if (!failed) onError(error);
      failed = true;
    }
  };
  const period = Number(watchdogUsec ?? 0) / 1000;
  return {
    async ready() {
      await tell('READY=1');
      // A daemon whose thread hangs does not get here, and is started anew.
      if (period > 0) timer ??= setInterval(() => void tell('WATCHDOG=1'), period / 2);
    },
    reloading: () => tell('RELOADING=1'),
    async stopping() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await tell('STOPPING=1');
    },
  };
}
