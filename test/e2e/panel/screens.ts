import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const directory = join(import.meta.dirname, '../../.cache/screenshots');

/** Core's own break points, and a telephone. */
const widths = [1280, 782, 400];

/** Takes a picture at each width, for people to look at; git ignores it. @returns widths at which our part is wider than the screen */
export async function photograph(page: Page, name: string): Promise<number[]> {
  mkdirSync(directory, { recursive: true });
  const tooWide: number[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForFunction(`!document.querySelector('.portcullis-skeleton')`);
    const overflow = Number(
      await page.evaluate(`Math.max(...['#wpbody-content', '#portcullis-root'].map((part) => {
          const { scrollWidth, clientWidth } = document.querySelector(part);
          return scrollWidth - clientWidth;
        }))`),
    );
    if (overflow > 0) tooWide.push(width);
    await page.screenshot({ path: join(directory, `${name}-${width}.png`) });
  }
  await page.setViewportSize({ width: widths[0]!, height: 900 });
  return tooWide;
}
