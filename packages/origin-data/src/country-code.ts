/** A country's code as a value of a table: its two ASCII letters. */
export const packCountry = (code: string): number => (code.charCodeAt(0) << 8) | code.charCodeAt(1);

export const unpackCountry = (value: number): string => String.fromCharCode(value >>> 8, value & 255);
