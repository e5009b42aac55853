import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { failureLine, failureLines } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { violations } from './panel/accessibility.ts';
import { chromiumLeftOut } from './panel/chromium.ts';
import { photograph } from './panel/screens.ts';
import { createWorld, type World } from './panel/world.ts';

const blog = { site: 'blog.example', user: 'admin' };
const shop = { site: 'shop.example', user: 'secret-shop-user' };
const attackers = Array.from({ length: 24 }, (_, i) => `198.18.${i}.7`);
/** By failures on this site and one on the other. */
const banned = attackers.slice(0, 3);
/** Banned for attempts of its own. */
const loner = '203.0.113.9';
const doubtful = '203.0.113.10';

describe('campaigns and doubtful failures in the panel', {
  skip: namespacesLeftOut || chromiumLeftOut,
}, () => {
  let world: World;
  before(
    async () => {
      world = await createWorld();
      const { host } = world;
      // On the shop the same addresses and more try another name: as few of them as make no campaign there.
      host.write(...attackers.slice(0, 15).map((ip) => failureLine(ip, shop)));
      host.write(...attackers.slice(5, 10).map((ip) => failureLine(ip, { ...blog, user: 'editor' })));
      host.write(...attackers.map((ip) => failureLine(ip, blog)));
      host.write(...banned.flatMap((ip) => failureLines(ip, 2, blog)));
      host.write(...failureLines(loner, 3, { ...blog, user: 'bob' }));
      for (const ip of [...banned, loner]) await host.banned(ip);
      host.write(...failureLines(doubtful, 2, blog), ...doubtfulLines());
      await host.banned(doubtful);
      await host.caughtUp();
    },
    // The first run downloads WordPress and builds the panel.
    { timeout: 300_000 },
  );
  after(() => world?.[Symbol.asyncDispose]());

  const row = (page: Page, ip: string) => page.getByRole('row').filter({ hasText: ip });
  const openDetails = (page: Page, ip: string) => row(page, ip).locator('.portcullis-address').click();

  /** A line that a line feed in a user name wrote, with the one that ends it, and a name that nobody can have. */
  function doubtfulLines(): string[] {
    const at = new Date().toISOString().slice(0, 19);
    const line = (micros: string, name: string, ip: string) =>
      `${at}.${micros}+00:00 web01 wordpress(blog.example)[77]: Authentication failure for ${name} from ${ip}`;
    return [
      line('100100', 'carol', doubtful),
      line('100200', 'carol', '203.0.113.77'),
      line('900000', 'x'.repeat(80), doubtful),
    ];
  }

  test('the overview shows a campaign that goes on as one card, by the site’s own lines alone', async () => {
    const page = await world.openPanel('blog', '&tab=overview');
    const section = page.getByRole('region', { name: 'Campaigns that go on' });
    await section.waitFor();
    const cards = await section.getByRole('listitem').allInnerTexts();
    assert.equal(cards.length, 1);
    assert.match(
      cards[0]!.replaceAll(/[\u2068\u2069]/g, ''),
      /25 addresses tried admin, editor, a few times each\. 9 of them are banned\./,
    );
    assert.match(cards[0]!, /Since .* ago, last seen .*\d{8}-\d{4}-[0-9a-f]{4}/s);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await photograph(page, 'campaigns-overview'), []);
    assert.doesNotMatch(await page.content(), /shop\.example|secret-shop-user/);
    await section.getByRole('link', { name: 'Show these bans' }).click();
    await row(page, banned[0]!).waitFor();
    await row(page, loner).waitFor({ state: 'detached' });
    await page.close();
  });

  test('the list of bans says which are of a campaign, and can be narrowed to it', async () => {
    const page = await world.openPanel('blog');
    await row(page, loner).waitFor();
    const cell = row(page, banned[0]!).locator('.portcullis-campaign-id');
    const id = String(await cell.textContent());
    assert.match(id, /^\d{8}-\d{4}-[0-9a-f]{4}$/);
    assert.equal(await row(page, loner).locator('.portcullis-campaign-id').count(), 0);
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await photograph(page, 'campaigns-bans'), []);
    await page.getByRole('button', { name: 'Add filter' }).click();
    await page.getByRole('menuitem', { name: 'Campaign' }).click();
    await page.getByRole('option', { name: `${id} (admin)` }).click();
    await page.keyboard.press('Escape');
    await row(page, loner).waitFor({ state: 'detached' });
    await row(page, banned[1]!).waitFor();
    assert.match(decodeURIComponent(page.url()), new RegExp(`filter=campaign:is:"${id}"`));
    await photograph(page, 'campaigns-filtered');
    await page.close();
  });

  test('the details of a ban say what of a campaign it is, and lead to its bans', async () => {
    const page = await world.openPanel('blog');
    await openDetails(page, banned[0]!);
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/Part of the campaign .* 25 addresses tried/).waitFor();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await photograph(page, 'campaigns-details'), []);
    await dialog.locator('.portcullis-part-of a').click();
    await dialog.waitFor({ state: 'detached' });
    await row(page, banned[2]!).waitFor();
    await row(page, loner).waitFor({ state: 'detached' });
    await page.close();
  });

  test('a failure that weighs nothing, or is doubtful, is shown as such with the reason', async () => {
    const page = await world.openPanel('blog');
    await openDetails(page, doubtful);
    const dialog = page.getByRole('dialog');
    await dialog.getByText('What cannot be trusted').waitFor();
    const told = await dialog.locator('.portcullis-doubtful li').allInnerTexts();
    assert.equal(told.length, 2);
    assert.match(told[0]!, /^Doubtful .*x{60}.*It counts all the same, although no account can have a name/s);
    assert.match(
      told[1]!,
      /^Does not count .*carol.*It weighs nothing: a later line of the same request names/s,
    );
    await dialog.getByText('What cannot be trusted').scrollIntoViewIfNeeded();
    assert.deepEqual(await violations(page), []);
    assert.deepEqual(await photograph(page, 'doubtful-details'), []);
    await page.close();
  });

  test('a site whose own lines are no campaign is shown none, though its lines are part of one', async () => {
    const page = await world.openPanel('shop', '&tab=overview');
    await page.getByText('User names tried most').waitFor();
    assert.equal(await page.getByText('Campaigns that go on').count(), 0);
    assert.doesNotMatch(String(await page.locator('#portcullis-root').textContent()), /blog\.example|editor/);
    await page.close();
    const { items } = await world.host.client.call('listCampaigns');
    assert.ok(items.some(({ sites }) => sites.some(({ name }) => name === 'shop.example')));
  });

  test('none of this made PHP complain', () => {
    for (const site of ['blog', 'shop'] as const) assert.equal(world.wordpress[site].complaints(), '');
  });
});
