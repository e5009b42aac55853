const redacted = '[redacted]';

/** A text that must not be seen: whatever prints it says `[redacted]`. Only `reveal` gives it, where it is used. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  /** What Node's `console.log` and `util.inspect` show. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted;
  }
}

/** Where a secret is kept. A credential is one of systemd's, by its name. */
export type SecretSource =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'credential'; readonly name: string }
  | { readonly from: 'config'; readonly secret: Secret };
