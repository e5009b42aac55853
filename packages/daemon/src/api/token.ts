import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Bytes of chance in a token: none can be guessed. */
const tokenBytes = 32;
const tokenPattern = /^[A-Za-z0-9_-]{43}$/;

export const createToken = (): string => randomBytes(tokenBytes).toString('base64url');

export const hashToken = (token: string): Uint8Array => createHash('sha256').update(token).digest();

/** The token of an `Authorization: Bearer …` header; null where there is none that could be one. */
export function readBearer(header: string | undefined): string | null {
  const token = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  return token !== undefined && tokenPattern.test(token) ? token : null;
}

/** Whose token it is. Every hash is compared, in a time that does not tell which one was near. */
export function ownerOfToken(
  token: string,
  hashes: Iterable<readonly [site: string, hash: Uint8Array]>,
): string | null {
  const given = hashToken(token);
  let owner: string | null = null;
  for (const [site, hash] of hashes) {
    if (hash.length === given.length && timingSafeEqual(hash, given)) owner = site;
  }
  return owner;
}
