import { claimedUserHeader, maxClaimedUser, PortcullisError } from '@portcullis/contracts';

/** Bytes of the header: each character of a name has up to 4 bytes, and each byte up to 3 characters. */
const maxHeader = maxClaimedUser * 12;
const encoded = /^(?:[A-Za-z0-9._~!*'()-]|%[0-9A-Fa-f]{2})*$/;
/** Controls, marks of direction and other invisible characters, line separators, and halves of characters. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * For which WordPress user a site says that it asks; empty where it does not say. A claim, not a proof: it stands in the
 * audit log behind the site, which is proven.
 *
 * @throws PortcullisError invalid_request for what can be no name
 */
export function readClaimedUser(headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const header = headers[claimedUserHeader] ?? '';
  if (typeof header !== 'string') return refuse('is there twice');
  if (header.length > maxHeader) return refuse(`is longer than ${maxHeader} bytes`);
  if (!encoded.test(header)) return refuse('is not percent-encoded');
  let name: string;
  try {
    name = decodeURIComponent(header);
  } catch {
    return refuse('is not UTF-8');
  }
  if ([...name].length > maxClaimedUser) return refuse(`names more than ${maxClaimedUser} characters`);
  if (invisible.test(name)) return refuse('has invisible characters');
  return name;
}

function refuse(why: string): never {
  throw new PortcullisError('invalid_request', `The header ${claimedUserHeader} ${why}.`, {
    hint: 'Send the login of the WordPress user as percent-encoded UTF-8, or leave the header out.',
  });
}
