import { PortcullisError, subSiteHeader } from '@portcullis/contracts';
import { parseDomain } from '@portcullis/core';

/** A name has at most 200 characters, each up to 3 bytes when percent-encoded. */
const maxHeader = 600;

/**
 * For which of its sub-sites alone a site asks; null: for all of it. The site keeps its sub-sites apart itself; what it
 * asks for one of them shows and changes nothing of another.
 *
 * @throws PortcullisError invalid_request for what can be no site's name
 */
export function readSubSite(headers: Readonly<Record<string, string | string[] | undefined>>): string | null {
  const header = headers[subSiteHeader];
  if (header === undefined) return null;
  const name = typeof header === 'string' && header.length <= maxHeader ? decode(header) : null;
  if (name !== null && parseDomain(name) === name) return name;
  throw new PortcullisError('invalid_request', `The header ${subSiteHeader} names no site.`, {
    hint: 'Send the name as the log spells it, percent-encoded: shop.example.com or example.com/shop.',
  });
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
