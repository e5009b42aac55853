import type { AddressWords } from './address.ts';

/** The ident's host in a line of a self-test: no site can be called so (RFC 2606). */
export const selfTestSite = 'portcullis-selftest.invalid';
/** The address in it: documentation (RFC 5737), no client has it. */
export const selfTestAddress = '192.0.2.235';
const selfTestWord = 0xc00002eb;

/**
 * Whether a line is a self-test's, which never counts. Whoever forges one hides nothing by it: a line that names any other
 * address counts as every line does, and this one is nobody's.
 */
export const isSelfTest = (site: string, family: 0 | 4 | 6, words: AddressWords): boolean =>
  family === 4 && words[3] === selfTestWord && site === selfTestSite;
