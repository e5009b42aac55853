import { PortcullisError } from '@portcullis/contracts';

/** A failure of the connection as a sentence with what to do about it; a PortcullisError stays what it is. */
export function explainFailure(cause: unknown, socketPath: string, timeout: number): PortcullisError {
  if (cause instanceof PortcullisError) return cause;
  const code = String((cause as { code?: unknown } | undefined)?.code);
  const unreachable = (detail: string, hint: string) =>
    new PortcullisError('daemon_unreachable', detail, { hint, cause });
  switch (code) {
    case 'ENOENT':
      return unreachable(
        `There is no socket ${socketPath}.`,
        'Is the daemon running? See: systemctl status portcullis, or start it: portcullis daemon --config /etc/portcullis/portcullis.toml',
      );
    case 'ECONNREFUSED':
      return unreachable(
        `Nothing listens on ${socketPath}: the daemon has died.`,
        'See why: systemctl status portcullis; journalctl -u portcullis',
      );
    case 'EACCES':
    case 'EPERM':
      return unreachable(
        `You may not use ${socketPath}.`,
        'The admin socket is for root: try again with sudo.',
      );
    case 'ENOTSOCK':
      return unreachable(`${socketPath} is not a socket.`, 'Name the daemon’s socket with --socket PATH.');
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return unreachable(
        `The daemon on ${socketPath} has not answered for ${timeout / 1000} s.`,
        'See what it is doing: systemctl status portcullis; journalctl -u portcullis',
      );
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
      return unreachable(
        `The daemon on ${socketPath} closed the connection before it answered.`,
        'It may be stopping: systemctl status portcullis',
      );
    default: {
      const message = cause instanceof Error ? cause.message : String(cause);
      return new PortcullisError('bad_answer', `What ${socketPath} answered is not HTTP: ${message}.`, {
        hint: 'Is it Portcullis that listens there?',
        cause,
      });
    }
  }
}
