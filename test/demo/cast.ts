/** One who visits the site, and the address that shows it, from ranges that are kept for documentation (RFC 5737, RFC 3849). */
export interface Visitor {
  readonly address: string;
}

/** Who appears in the story. */
export const cast = {
  /** Guesses passwords. */
  bot: { address: '198.51.100.23' },
  /** Guesses passwords, too, and takes another address of its network each time. */
  hopper: { address: '2001:db8:bad:1::a' },
  hopperAgain: { address: '2001:db8:bad:1::b' },
  hopperOnceMore: { address: '2001:db8:bad:1::c' },
  /** An address of the same network that has done nothing yet. */
  hopperUnseen: { address: '2001:db8:bad:1:dead:beef:0:d' },
  /** Wants somebody else banned: its user names end in ` from` and that one's address. */
  framer: { address: '198.51.100.66' },
  /** Whom it wants banned. */
  framed: { address: '203.0.113.80' },
  /** Tries passwords at the login page of a real WordPress. */
  guesser: { address: '198.51.100.77' },
  /** Mistypes the password once. */
  carol: { address: '203.0.113.50' },
  /** Reads the site and never logs in. */
  reader: { address: '203.0.113.51' },
} as const satisfies Record<string, Visitor>;
