import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@portcullis/client';
import type { BanQuery } from '@portcullis/contracts';
import { chromiumLeftOut } from '../e2e/panel/chromium.ts';
import { createWorld, type World } from '../e2e/panel/world.ts';
import { failureLines } from '../support/log-lines.ts';
import { waitFor } from '../support/wait-for.ts';
import { addressOf } from './log-lines.ts';
import { type Measurement, median } from './measurement.ts';

const bans = 10_000;
const loads = 11;
const asked = 25;

/** What people ask of the panel all the time. */
const usual: Readonly<Record<string, BanQuery>> = {
  'first page': {},
  'by end': { sort: 'until' },
  'by address': { sort: 'ip' },
  'of a jail': { jail: 'wordpress' },
  'of a site': { site: 'www.blog.example' },
  'of a state': { state: 'active' },
  'of the last hour': { since: new Date(Date.now() - 3_600_000).toISOString() },
  'by the beginning of an address': { search: '10.1' },
  history: { state: 'all' },
};

/** The panel of one site with two names and 10,000 bans: what the daemon answers to it, and when its rows are painted. */
export async function measurePanel(): Promise<Measurement[]> {
  if (chromiumLeftOut) throw new Error(`The panel is ${chromiumLeftOut}.`);
  await using world = await createWorld();
  for (let at = 0; at < bans; at++) {
    const site = at % 2 === 0 ? 'blog.example' : 'www.blog.example';
    world.host.write(...failureLines(addressOf(at), 3, { site }));
  }
  await waitFor('10,000 bans', async () => (await world.host.status()).bans.enforced === bans, {
    timeout: 60_000,
  });
  return [...(await measureLists(world)), ...(await measurePaint(world))];
}

/** Over the site's socket, its answer included. */
async function measureLists(world: World): Promise<Measurement[]> {
  await using client = createClient({ socketPath: join(world.host.directory, 'run/sites/blog.sock') });
  const medians = new Map<string, number>();
  for (const [name, query] of Object.entries(usual)) {
    const first = await client.call('listBans', { query: { ...query, limit: 20 } });
    const times: number[] = [];
    for (let at = 0; at < asked; at++) {
      const cursor = at % 2 === 1 && first.next !== null ? { cursor: first.next } : {};
      const begun = performance.now();
      await client.call('listBans', { query: { ...query, limit: 20, ...cursor } });
      times.push(performance.now() - begun);
      // A site may ask 50 times a second.
      await pause(25);
    }
    medians.set(name, median(times));
  }
  const [slowest, value] = [...medians].reduce((one, other) => (other[1] > one[1] ? other : one));
  const name = `panel, ${bans.toLocaleString('en')} bans:`;
  return [
    {
      name: `${name} the first page, from the daemon`,
      value: medians.get('first page')!,
      unit: 'ms',
      limit: { atMost: 5 },
    },
    { name: `${name} the slowest list (${slowest})`, value, unit: 'ms', limit: { atMost: 5 } },
  ];
}

/**
 * Notes when a row of the document's own table, and when one of the script's, stands in the page and the browser has painted
 * it, counted from the document's first byte.
 */
const watchRows = `window.painted = {};
const { painted } = window;
const watch = (name, selector) => new MutationObserver((_, observer) => {
  if (!document.querySelector(selector)) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => {
    const [{ responseStart }] = performance.getEntriesByType('navigation');
    painted[name] = performance.now() - responseStart;
  }));
}).observe(document, { childList: true, subtree: true });
watch('rows', '#portcullis-root .portcullis-address');
watch('panel', '#portcullis-root .dataviews-view-table .portcullis-address');`;

async function measurePaint(world: World): Promise<Measurement[]> {
  await (await world.openPanel('blog')).close();
  await world.context.addInitScript(watchRows);
  const rows: number[] = [];
  const panel: number[] = [];
  for (let at = 0; at < loads; at++) {
    const page = await world.openPanel('blog');
    await page.waitForFunction('window.painted.panel');
    rows.push(Number(await page.evaluate('window.painted.rows')));
    panel.push(Number(await page.evaluate('window.painted.panel')));
    await page.close();
  }
  const name = `panel, ${bans.toLocaleString('en')} bans:`;
  return [
    {
      name: `${name} first rows painted after the document`,
      value: median(rows),
      unit: 'ms',
      limit: { atMost: 300 },
    },
    { name: `${name} the script's rows in their place`, value: median(panel), unit: 'ms' },
  ];
}
