import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { failureLines } from '../support/log-lines.ts';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { waitFor } from '../support/wait-for.ts';
import { violations } from './panel/accessibility.ts';
import { chromiumLeftOut } from './panel/chromium.ts';
import { photograph } from './panel/screens.ts';
import { createWorld, type SiteId, type World } from './panel/world.ts';

/** Every view by name, and the parameters of its address. */
const views = {
  bans: '',
  overview: '&tab=overview',
  history: '&tab=history',
  allow: '&tab=allow',
  requests: '&tab=requests',
} as const;

describe('the panel', { skip: namespacesLeftOut || chromiumLeftOut }, () => {
  let world: World;
  before(
    async () => {
      world = await createWorld();
    },
    // The first run downloads WordPress and builds the panel.
    { timeout: 300_000 },
  );
  after(() => world?.[Symbol.asyncDispose]());

  /** Again where no answer came: a busy machine may be late, and three failures ban in any case. */
  const answered = async (request: () => Promise<unknown>) => {
    for (let tries = 0; tries < 3; tries++) if ((await request()) === 200) return;
  };
  const attack = async (site: SiteId, from: string, user = 'bob') => {
    await answered(() => world.failLogin(site, from, user));
    await answered(() => world.failXmlRpc(site, from, user));
    await world.failLogin(site, from, user);
    await world.host.banned(from);
  };
  const row = (page: Page, ip: string) => page.getByRole('row').filter({ hasText: ip });
  const openDetails = (page: Page, ip: string) => row(page, ip).locator('.portcullis-address').click();
  const snackbar = (page: Page, text: RegExp) =>
    page.locator('.components-snackbar').filter({ hasText: text });

  test('failed logins become a row; its details tell all; an unban lets the client in again', async () => {
    const attacker = '198.51.100.10';
    const page = await world.openPanel('blog');
    await page.getByText('No bans: nobody').waitFor();
    await attack('blog', attacker, 'admin');
    assert.match(String(await world.visit('blog', attacker)), /ECONNREFUSED|timeout/);

    // The panel asks by itself.
    await row(page, attacker).waitFor();
    assert.match(String(await row(page, attacker).textContent()), /3 wrong passwords for .?admin/);
    await openDetails(page, attacker);
    const dialog = page.getByRole('dialog', { name: `Ban of ${attacker}` });
    await dialog.getByText('First failure').waitFor();
    const told = String(await dialog.textContent());
    assert.match(told, /3 wrong passwords for .?admin/);
    assert.match(told, /XML-RPC authentication failure for admin from 198\.51\.100\.10/i);
    assert.match(told, /allows 2 in 3h/);
    assert.match(page.url(), /[?&]ban=\d+/);

    await dialog.getByRole('button', { name: 'Unban', exact: true }).click();
    await snackbar(page, /about to be lifted/)
      .getByRole('button', { name: 'Undo' })
      .click();
    await snackbar(page, /Nothing has changed/).waitFor();
    assert.equal((await world.host.bans()).has(attacker), true);

    await openDetails(page, attacker);
    await dialog.getByRole('button', { name: 'Unban', exact: true }).click();
    await snackbar(page, /is no longer banned/).waitFor();
    await row(page, attacker).waitFor({ state: 'detached' });
    assert.equal((await world.host.bans()).has(attacker), false);
    assert.equal(await world.visit('blog', attacker), 200);

    await page.getByRole('link', { name: 'History' }).click();
    await row(page, attacker).getByText('lifted by admin').waitFor();
    await page.close();
  });

  test('a ban that other sites have evidence for can only be asked about; neither site sees the other', async () => {
    const attacker = '198.51.100.11';
    await world.failLogin('shop', attacker, 'secret-shop-user');
    await attack('blog', attacker);
    const page = await world.openPanel('blog');
    await row(page, attacker).getByText('This site, 1 other').waitFor();
    assert.doesNotMatch(await page.content(), /shop\.example|secret-shop-user/);
    await row(page, attacker).getByRole('button', { name: 'Actions' }).click();
    const menu = page.getByRole('menu', { name: 'Actions' });
    await menu.waitFor();
    assert.deepEqual(await menu.getByRole('menuitem').allInnerTexts(), [
      'Details',
      'Ask for an unban …',
      'Copy address',
    ]);
    await menu.getByRole('menuitem', { name: 'Ask' }).click();
    await page.getByLabel('Why should the ban be lifted?').fill('Our own office');
    await page.getByRole('button', { name: 'Ask for the unban' }).click();
    await snackbar(page, /has been asked/).waitFor();
    await page.getByRole('link', { name: 'Requests' }).click();
    await row(page, attacker).getByText('Our own office').waitFor();
    assert.match((await world.host.portcullis('requests')).stdout, /198\.51\.100\.11.*Our own office/s);

    const other = await world.openPanel('shop', views.requests);
    await other.getByText('Nothing has been asked.').waitFor();
    await page.close();
    await other.close();
  });

  test('what attackers wrote is text', async () => {
    const attacker = '198.51.100.12';
    const user = '<img src=x onerror="window.attacked=1">';
    // WordPress cleans user names, other programs that write such lines may not.
    world.host.write(...failureLines(attacker, 3, { site: 'blog.example', user }));
    await world.host.banned(attacker);
    const page = await world.openPanel('blog');
    await row(page, attacker).getByText(user).waitFor();
    await openDetails(page, attacker);
    await page.getByRole('dialog').getByText(user).first().waitFor();
    await page.goto(`${world.wordpress.blog.url}/wp-admin/tools.php?page=portcullis${views.overview}`);
    await page.getByRole('cell', { name: user }).waitFor();
    assert.equal(await page.evaluate('window.attacked'), undefined);
    await page.close();
  });

  test('the keyboard is enough, and the focus comes back', async () => {
    const attacker = '198.51.100.13';
    await attack('blog', attacker);
    const page = await world.openPanel('blog');
    await row(page, attacker).waitFor();
    const focused = async () =>
      String(
        await page.evaluate(
          `(({ labels, textContent }) => (labels?.[0] ?? { textContent }).textContent.trim())(document.activeElement)`,
        ),
      );
    const tabTo = (text: string) =>
      waitFor(`the focus on ${text}`, async () => {
        await page.keyboard.press('Tab');
        return (await focused()) === text;
      });
    await page.getByRole('searchbox').focus();
    await tabTo(attacker);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('First failure').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(await focused(), new RegExp(attacker.replaceAll('.', '\\.')));

    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('First failure').waitFor();
    await tabTo('Unban and allow …');
    await page.keyboard.press('Enter');
    await page.getByLabel('Note').waitFor();
    await tabTo('Note');
    await page.keyboard.type('my own slip');
    await page.keyboard.press('Enter');
    await snackbar(page, /is unbanned and allowed/).waitFor();
    await page.getByRole('link', { name: 'Allow list' }).focus();
    await page.keyboard.press('Enter');
    await row(page, attacker).getByText('my own slip').waitFor();
    assert.equal(await world.visit('blog', attacker), 200);
    await page.close();
  });

  test('rows do not move under a selection; new ones wait to be shown', async () => {
    const page = await world.openPanel('blog');
    await row(page, '198.51.100.12').getByRole('checkbox').check();
    const before = await page.getByRole('row').allInnerTexts();
    await attack('blog', '198.51.100.14');
    const waiting = page.getByRole('status').filter({ hasText: '1 new ban' });
    await waiting.waitFor();
    assert.equal((await page.getByRole('row').allInnerTexts()).length, before.length);
    await waiting.getByRole('button', { name: 'Show' }).click();
    await row(page, '198.51.100.14').waitFor();
    await page.close();
  });

  test('many bans are lifted at once; search, order and the file of all are the daemon’s', async () => {
    for (const last of [20, 21, 22]) await attack('shop', `198.51.100.${last}`, 'carol');
    const page = await world.openPanel('shop');
    await row(page, '198.51.100.22').waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const csv = readFileSync(await (await saved).path(), 'utf8');
    assert.match(csv, /"198\.51\.100\.21","wordpress","active"/);
    assert.doesNotMatch(csv, /bob/);

    await page.getByRole('searchbox').fill('198.51.100.21');
    await row(page, '198.51.100.22').waitFor({ state: 'detached' });
    assert.match(page.url(), /[?&]s=198\.51\.100\.21/);
    await page.reload();
    await row(page, '198.51.100.21').waitFor();
    await page.getByRole('searchbox').fill('');
    await row(page, '198.51.100.22').waitFor();

    for (const last of [20, 21, 22]) await row(page, `198.51.100.${last}`).getByRole('checkbox').check();
    await page
      .locator('.dataviews-bulk-actions-footer__container')
      .getByRole('button', { name: 'Unban', exact: true })
      .click();
    await snackbar(page, /3 addresses are no longer banned/).waitFor();
    assert.equal((await world.host.bans()).has('198.51.100.21'), false);
    await page.close();
  });

  for (const [site, scheme] of [
    ['blog', 'fresh'],
    ['shop', 'midnight'],
  ] as const) {
    test(`axe objects to nothing in any view, in the scheme ${scheme} on ${site}`, async () => {
      await world.wordpress[site].run(`update_user_meta( 1, 'admin_color', '${scheme}' );`);
      await attack(site, site === 'blog' ? '198.51.100.25' : '198.51.100.26');
      for (const [name, parameters] of Object.entries(views)) {
        const page = await world.openPanel(site, parameters);
        await page.waitForFunction(`!document.querySelector('.portcullis-skeleton')`);
        assert.deepEqual(await violations(page), [], name);
        assert.deepEqual(await photograph(page, `${site}-${name}`), [], `${name} is wider than the screen`);
        await page.close();
      }
      const page = await world.openPanel(site);
      await openDetails(page, site === 'blog' ? '198.51.100.25' : '198.51.100.26');
      await page.getByText('First failure').waitFor();
      assert.deepEqual(await violations(page), [], 'details');
      assert.deepEqual(await photograph(page, `${site}-details`), []);
      await page.close();
    });
  }

  test('from right to left, addresses stay as they are and nothing is wider than the screen', async () => {
    const plugin = join(world.wordpress.shop.directory, 'wp-content/mu-plugins/rtl.php');
    writeFileSync(
      plugin,
      "<?php add_filter( 'gettext_with_context', fn( $text, $original, $context ) => 'text direction' === $context ? 'rtl' : $text, 10, 3 );",
    );
    const page = await world.openPanel('shop');
    await row(page, '198.51.100.26').waitFor();
    assert.equal(await page.evaluate('document.documentElement.dir'), 'rtl');
    assert.equal(await page.locator('bdi.portcullis-address').first().getAttribute('dir'), 'ltr');
    assert.deepEqual(await photograph(page, 'shop-rtl'), []);
    await page.close();
    writeFileSync(plugin, '<?php');
  });

  test('without the daemon the panel keeps what it shows, says how old it is and what to run', async () => {
    const page = await world.openPanel('blog');
    await row(page, '198.51.100.12').waitFor();
    await world.stopDaemon();
    const trouble = page.locator('.portcullis-trouble').filter({ hasText: 'What you see is from' });
    await trouble.waitFor({ timeout: 40_000 });
    await page.getByText('No answer').waitFor();
    assert.match(String(await trouble.textContent()), /portcullis status/);
    assert.equal(await row(page, '198.51.100.12').count(), 1);
    await photograph(page, 'blog-stale');
    await page.reload();
    await page.locator('.portcullis-trouble').first().waitFor();
    await photograph(page, 'blog-away');
    await page.close();
  });

  test('none of this made PHP complain', () => {
    for (const site of ['blog', 'shop'] as const) assert.equal(world.wordpress[site].complaints(), '');
  });
});
