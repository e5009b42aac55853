import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { namespacesLeftOut } from '../support/network-namespace.ts';
import { violations } from './panel/accessibility.ts';
import { chromiumLeftOut } from './panel/chromium.ts';
import { photograph } from './panel/screens.ts';
import { createWorldOf, type PlaceOf, type SiteSettings, type World } from './panel/world.ts';

/** With the two sites of the panel's test: each version on each database, as single site and as network. */
const networks = {
  forum: {
    host: 'forum.example',
    address: '198.51.100.1',
    user: 'www-data',
    version: '6.8',
    database: 'mariadb',
    multisite: 'subdomain',
  },
  press: {
    host: 'press.example',
    address: '198.51.100.2',
    user: 'backup',
    version: '7.1',
    multisite: 'subdirectory',
    mustUse: true,
  },
} as const satisfies Record<string, SiteSettings>;
type Id = keyof typeof networks;

const cases = [
  {
    id: 'forum',
    shop: 'shop.forum.example',
    title: 'names of their own, WordPress 6.8 on MariaDB',
    first: 10,
  },
  { id: 'press', shop: 'press.example/shop', title: 'folders, WordPress 7.1 on SQLite, must-use', first: 20 },
] as const;

describe('the panel of a network', { skip: namespacesLeftOut || chromiumLeftOut }, () => {
  let world: World<Id>;
  before(
    async () => {
      world = await createWorldOf(networks);
    },
    // The first run downloads WordPress and builds the panel.
    { timeout: 300_000 },
  );
  after(() => world?.[Symbol.asyncDispose]());

  /** Again where no answer came: a busy machine may be late, and three failures ban in any case. */
  const answered = async (request: () => Promise<unknown>) => {
    for (let tries = 0; tries < 3; tries++) if ((await request()) === 200) return;
  };
  const attack = async (place: PlaceOf<Id>, from: string, user: string) => {
    await answered(() => world.failLogin(place, from, user));
    await answered(() => world.failXmlRpc(place, from, user));
    await world.failLogin(place, from, user);
    await world.host.banned(from);
  };
  const row = (page: Page, ip: string) => page.getByRole('row').filter({ hasText: ip });
  const snackbar = (page: Page, text: RegExp) =>
    page.locator('.components-snackbar').filter({ hasText: text });
  const openTab = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click();

  for (const { id, shop, title, first } of cases) {
    const own = `198.51.100.${first}`;
    const theirs = `198.51.100.${first + 1}`;
    const common = `198.51.100.${first + 2}`;
    const keeper = { login: 'shopkeeper' };

    describe(`with ${title}`, () => {
      test('a sub-site’s administrator sees failed logins there become a ban, and lifts it', async () => {
        const page = await world.openPanel(`${id}/shop`, keeper);
        await page.getByText('No bans: nobody').waitFor();
        await attack(id, theirs, 'secret-main-user');
        await attack(`${id}/shop`, own, 'shopkeeper');
        await row(page, own).waitFor();
        assert.match(String(await row(page, own).textContent()), /3 wrong passwords for .?shopkeeper/);
        assert.match(String(await world.visit(id, own)), /ECONNREFUSED|timeout/);
        assert.equal(await row(page, theirs).count(), 0);
        assert.doesNotMatch(await page.content(), /secret-main-user/);

        await row(page, own).locator('.portcullis-address').click();
        const dialog = page.getByRole('dialog', { name: `Ban of ${own}` });
        await dialog.getByText('First failure').waitFor();
        const told = String(await dialog.textContent());
        assert.ok(told.includes(`wordpress(${shop})`), told);
        assert.match(told, /XML-RPC authentication failure for shopkeeper/i);
        await dialog.getByRole('button', { name: 'Unban', exact: true }).click();
        await snackbar(page, /is no longer banned/).waitFor();
        assert.equal((await world.host.bans()).has(own), false);
        assert.equal(await world.visit(`${id}/shop`, own), 200);
        await openTab(page, 'History');
        await row(page, own).getByText('lifted by shopkeeper').waitFor();
        assert.equal(await row(page, theirs).count(), 0);
        await page.close();
      });

      test('of a ban that the main site has evidence for it sees its part, and can only ask', async () => {
        await world.failLogin(id, common, 'secret-main-user');
        await world.failLogin(`${id}/shop`, common, 'carol');
        await world.failLogin(`${id}/shop`, common, 'carol');
        await world.host.banned(common);
        const page = await world.openPanel(`${id}/shop`, keeper);
        await row(page, common).getByText('This site, 1 other').waitFor();
        const saved = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Export CSV' }).click();
        const csv = readFileSync(await (await saved).path(), 'utf8');
        assert.ok(csv.includes(common));
        assert.ok(!csv.includes(theirs) && !csv.includes('secret-main-user'), csv);

        await page.getByRole('searchbox').fill('secret-main');
        await page.getByText('No results').or(page.getByText('No bans')).first().waitFor();
        await page.getByRole('searchbox').fill('');
        await row(page, common).getByRole('button', { name: 'Actions' }).click();
        await page.getByRole('menuitem', { name: 'Ask' }).click();
        await page.getByLabel('Why should the ban be lifted?').fill(`The office of ${shop}`);
        await page.getByRole('button', { name: 'Ask for the unban' }).click();
        await snackbar(page, /has been asked/).waitFor();
        const listed = await world.host.portcullis('requests');
        assert.ok(listed.stdout.includes(shop) && listed.stdout.includes(common), listed.stdout);
        await page.close();
      });

      test('no request that its browser can send leads to the network or to the main site', async () => {
        const page = await world.openPanel(`${id}/shop`, keeper);
        const ask = (path: string, method = 'GET') =>
          page.evaluate(
            `fetch(${JSON.stringify(path)}, { method: '${method}', credentials: 'include',
               headers: { 'X-WP-Nonce': portcullisSettings.nonce } }).then((answer) => answer.status, () => 0)`,
          );
        const rest = new URL(String(await page.evaluate('portcullisSettings.restRoot'))).href;
        const main = `http://${networks[id].host}/wp-json/`;
        assert.equal(await ask(`${rest}portcullis/v1/bans`), 200);
        const before = await world.host.bans();
        for (const path of [
          'bans',
          'failures',
          'allow',
          'requests',
          'audit',
          'stats',
          'sites',
          'site',
          'status',
        ]) {
          assert.equal(await ask(`${rest}portcullis/v1/${path}?scope=network`), 403, path);
          // Of another origin the browser does not even send it.
          assert.ok([0, 401, 403].includes(Number(await ask(`${main}portcullis/v1/${path}`))), path);
        }
        assert.equal(await ask(`${rest}portcullis/v1/bans?ip=${theirs}`, 'DELETE'), 404);
        assert.equal(await ask(`${rest}portcullis/v1/bans?ip=${theirs}&scope=network`, 'DELETE'), 403);
        assert.ok(
          [0, 401, 403].includes(Number(await ask(`${main}portcullis/v1/bans?ip=${theirs}`, 'DELETE'))),
        );
        assert.deepEqual([...(await world.host.bans()).keys()], [...before.keys()]);
        const denied = await page.goto(
          `http://${networks[id].host}/wp-admin/network/settings.php?page=portcullis`,
        );
        assert.ok([403, 500].includes(denied!.status()) || page.url().includes('wp-login'), page.url());
        assert.doesNotMatch(await page.content(), /secret-main-user|portcullisSettings/);
        await page.close();
      });

      test('the network’s administrator sees all of it by site, and lifts what sub-sites share', async () => {
        const network = { network: true };
        const page = await world.openPanel(id, network);
        await row(page, theirs).getByText(networks[id].host).first().waitFor();
        const sites = String(await row(page, common).textContent());
        assert.ok(sites.includes(shop) && sites.includes(networks[id].host), sites);
        await page.getByRole('searchbox').fill('secret-main');
        await row(page, theirs).waitFor();
        await page.getByRole('searchbox').fill('');

        await openTab(page, 'Overview');
        await page.getByText('9 failures and 3 bans').first().waitFor();
        const bySite = page.getByRole('table', { name: 'Sites' });
        await bySite.getByRole('row').filter({ hasText: shop }).getByText('5').waitFor();
        await bySite
          .getByRole('row')
          .filter({ hasText: /example\s*4/ })
          .waitFor();
        await page.getByText('portcullis policy try FILE', { exact: true }).waitFor();
        await openTab(page, 'Requests');
        await row(page, common).getByText(`The office of ${shop}`).waitFor();
        await row(page, common).getByText(shop, { exact: true }).waitFor();
        await openTab(page, 'History');
        await row(page, own).getByText('lifted by shopkeeper').waitFor();

        await openTab(page, 'Active bans');
        await row(page, common).getByRole('button', { name: 'Actions' }).click();
        await page.getByRole('menuitem', { name: 'Unban and allow' }).click();
        await page.getByLabel('Note').fill('the shop’s office');
        await page.getByRole('button', { name: 'Unban and allow' }).click();
        await snackbar(page, /is unbanned and allowed/).waitFor();
        assert.equal(await world.visit(`${id}/shop`, common), 200);
        await openTab(page, 'Allow list');
        await row(page, common).getByText('All sites').waitFor();
        await page.close();

        const other = await world.openPanel(`${id}/shop`, { ...keeper, parameters: '&tab=allow' });
        await other.getByText('No address is allowed.').waitFor();
        await other.close();
      });

      test('none of this made PHP complain', () => assert.equal(world.wordpress[id].complaints(), ''));
    });
  }

  test('axe objects to nothing on the network’s screens, and nothing is wider than the screen', async () => {
    for (const tab of ['bans', 'overview', 'history', 'allow', 'requests']) {
      const page = await world.openPanel('press', { network: true, parameters: `&tab=${tab}` });
      await page.waitForFunction(`!document.querySelector('.portcullis-skeleton')`);
      assert.deepEqual(await violations(page), [], tab);
      assert.deepEqual(await photograph(page, `network-${tab}`), [], tab);
      await page.close();
    }
  });
});
