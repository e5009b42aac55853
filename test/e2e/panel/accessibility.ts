import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const script = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe objects to in our part of the page, or in an open dialog: WCAG 2.2 A and AA, and best practices. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(script);
  const found = (await page.evaluate(`axe.run({
    include: [['#portcullis-root'], ...(document.querySelector('.components-modal__frame') ? [['.components-modal__frame']] : [])],
  }, { resultTypes: ['violations'] }).then(({ violations }) => violations)`)) as Violation[];
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}\n${html}\n${failureSummary}`),
  );
}
