import type { Doubt } from '@portcullis/contracts';
import type { Message } from './filters/wordpress.ts';

/** A doubt as a bit, so that all doubts about a failure are one number. Stored: never change one. */
export const doubtBits: Readonly<Record<Doubt, number>> = {
  burst: 1,
  long_name: 2,
  stored_address: 4,
  unregistered_site: 8,
  wrong_sender: 16,
};
const words = Object.keys(doubtBits) as Doubt[];

export const doubtsIn = (bits: number): Doubt[] =>
  bits === 0 ? [] : words.filter((word) => (doubtBits[word] & bits) !== 0);

export const bitsOf = (doubts: readonly Doubt[]): number =>
  doubts.reduce((bits, word) => bits | doubtBits[word], 0);

/** WordPress keeps 60 characters of a login (`wp_users.user_login`) and 100 of an e-mail address, which also logs in. */
const maxLogin = 60;
const maxEmail = 100;

/**
 * Whether WordPress can have no account of this name, so that nobody is kept from it by not counting. PHP and rsyslog write
 * bytes as `\xc3` or `#303`; each stands for one byte here, so that an honest name is never taken for a longer one.
 */
export function isLongName(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= maxLogin) return false;
  let characters = 0;
  let email = false;
  for (let at = start; at < end; at++) {
    let byte = bytes[at]!;
    if (byte === 0x40) email = true;
    else if (byte === 0x5c && bytes[at + 1] === 0x78 && at + 3 < end) {
      byte = Number.parseInt(String.fromCharCode(bytes[at + 2]!, bytes[at + 3]!), 16);
      at += 3;
    } else if (byte === 0x23 && at + 3 < end && isOctal(bytes, at + 1)) {
      byte = (bytes[at + 1]! - 0x30) * 64 + (bytes[at + 2]! - 0x30) * 8 + bytes[at + 3]! - 0x30;
      at += 3;
    }
    // Bytes 10xxxxxx go on with a character of UTF-8.
    if ((byte & 0xc0) !== 0x80) characters++;
  }
  return characters > (email ? maxEmail : maxLogin);
}

const isOctal = (bytes: Uint8Array, at: number): boolean => {
  for (let i = at; i < at + 3; i++) if (!(bytes[i]! >= 0x30 && bytes[i]! <= 0x37)) return false;
  return true;
};

/** `Spam comment N` names the address that is stored with the comment, not who is there now. */
export const namesStoredAddress = ({ event, rest }: Message): boolean =>
  event === 'spam_comment' && rest === 'number';
