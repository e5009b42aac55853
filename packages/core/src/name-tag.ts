const encoder = new TextEncoder();

/**
 * A number that stands for a user name: FNV-1a over its bytes, ASCII letters in one case because WordPress' log-in does not tell
 * them apart. Never 0. Names that share a number are taken for one, which gains nobody anything: whoever looks for
 * another name with a victim's number can try the victim's own.
 */
export function nameTag(bytes: Uint8Array, start: number, end: number): number {
  let hash = basis;
  for (let at = start; at < end; at++) hash = mixed(hash, bytes[at]!);
  return hash === 0 ? 1 : hash;
}

/** The same of a name that was decoded; 0 where there is none. */
export function tagOf(user: string | null): number {
  if (user === null) return 0;
  let hash = basis;
  for (let at = 0; at < user.length; at++) {
    const code = user.charCodeAt(at);
    // Most names are ASCII, and calling the encoder costs more than the loop.
    if (code > 0x7f) return tagOfBytes(encoder.encode(user));
    hash = mixed(hash, code);
  }
  return hash === 0 ? 1 : hash;
}

const tagOfBytes = (bytes: Uint8Array): number => nameTag(bytes, 0, bytes.length);

const basis = 0x811c9dc5;
const mixed = (hash: number, byte: number): number =>
  Math.imul(hash ^ (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte), 0x01000193);
