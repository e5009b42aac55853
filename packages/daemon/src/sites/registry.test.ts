import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetwork, type SiteConfig } from '@portcullis/core';
import { failureLine } from '../../../../test/support/log-lines.ts';
import { createSmallDaemon } from '../../../../test/support/small-daemon.ts';
import { isOneClient, oneClientOf } from './own-network.ts';
import { deriveId } from './registrations.ts';

const site = (id: string, ...domains: string[]): SiteConfig => ({
  id,
  domains,
  user: 'games',
  mode: 'isolated',
  rights: ['view'],
  wp: null,
});

test('an id is derived from the domain, and always one that a socket can be called', () => {
  assert.equal(deriveId('example.com'), 'example.com');
  assert.equal(deriveId('example.com/shop'), 'example.com-shop');
  assert.equal(deriveId('ex_ample.com/Shop~'), 'ex-ample.com-shop');
  assert.match(deriveId('shared'), /^shared-[0-9a-f]{8}$/);
  const long = 'a-very-long-name-of-a-shop-that-sells-everything.example.com';
  assert.match(deriveId(long), /^[a-z0-9][a-z0-9.-]*-[0-9a-f]{8}$/);
  assert.notEqual(deriveId(long), deriveId(`${long}/b`));
  for (const domain of [long, '_', '_/_', 'a/b/c', `${'x'.repeat(30)}.-.-.-.-.-.-.-.-`])
    assert.match(deriveId(domain), /^[a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?$/, domain);
});

test('one client is a single address or a /64, and of NAT64 a single address', () => {
  const one = (text: string) => isOneClient(parseNetwork(text)!);
  for (const text of ['192.0.2.1', '2001:db8::1', '2001:db8::/64', '2001:db8::/80', '64:ff9b::1.2.3.4'])
    assert.ok(one(text), text);
  for (const text of ['192.0.2.0/31', '0.0.0.0/0', '::/0', '2001:db8::/63', '64:ff9b::/96', '64:ff9b::/127'])
    assert.ok(!one(text), text);
  assert.throws(() => oneClientOf('192.0.2.0/24'), { code: 'forbidden' });
  assert.throws(() => oneClientOf('no'), { code: 'invalid_address' });
});

test('the names of a site follow the log, and its domains are there before it', async () => {
  using daemon = await createSmallDaemon('');
  daemon.configure([site('main', 'example.com'), site('shop', 'example.com/shop')]);
  assert.deepEqual(daemon.registry.namesOf('main'), ['example.com']);
  for (const name of ['example.com/news', 'example.com/shop/cart', 'other.example', 'example.com/a)b'])
    await daemon.read(failureLine('198.51.100.1', { site: name }));
  assert.deepEqual(daemon.registry.namesOf('main'), ['example.com', 'example.com/news']);
  assert.deepEqual(daemon.registry.namesOf('shop'), ['example.com/shop', 'example.com/shop/cart']);
  daemon.configure([site('main', 'example.com')]);
  assert.equal(daemon.registry.namesOf('main').length, 3);
  assert.deepEqual(daemon.registry.namesOf('shop'), []);
});

test('the configuration wins over what was registered by command, by id and by domain', async () => {
  using daemon = await createSmallDaemon('');
  daemon.store.saveRegistration(site('shop', 'shop.example', 'both.example'), 0);
  daemon.store.saveRegistration(site('old', 'old.example'), 0);
  daemon.configure([site('fixed', 'both.example'), site('old', 'new.example')]);
  const { registry } = daemon;
  assert.equal(registry.owners.ownerOf('both.example'), 'fixed');
  assert.equal(registry.owners.ownerOf('shop.example'), 'shop');
  assert.equal(registry.owners.ownerOf('old.example'), null);
  assert.deepEqual([registry.get('old').source, registry.get('old').domains], ['config', ['new.example']]);
  assert.deepEqual(registry.namesOf('shop'), ['shop.example']);
});

test('whoever gets the id of a site that is gone inherits nothing of it', async () => {
  using daemon = await createSmallDaemon('');
  daemon.configure([site('shop', 'shop.example')]);
  const operations = daemon.sites.operationsOf('shop');
  await operations.allow('eve', { ip: '198.51.100.1', for: '1d' });
  operations.ask('eve', { ip: '198.51.100.1', note: '' });
  daemon.configure([]);
  daemon.configure([site('shop', 'another.example')]);
  assert.equal(operations.listAllowed({}).total, 0);
  assert.equal(operations.listRequests({}).total, 0);
});

test('an allowed address keeps its neighbours of a /64 from taking it along, as far as the site’s lines go', async () => {
  using daemon = await createSmallDaemon('');
  daemon.configure([site('mine', 'mine.example')]);
  await daemon.sites.operationsOf('mine').allow('', { ip: '2001:db8::1', for: '1d' });
  const fail = (ip: string, name: string) =>
    daemon.read(failureLine(ip, { site: name, time: daemon.clock.now() }));
  for (const name of ['mine.example', 'mine.example', 'mine.example']) await fail('2001:db8::2', name);
  const banned = (text: string) =>
    daemon.store.bansOverlapping(parseNetwork(text)!).map((ban) => String(ban.network));
  assert.deepEqual(banned('2001:db8::/64'), ['2001:db8::2']);
  for (const name of ['a.example', 'a.example', 'a.example']) await fail('2001:db8::3', name);
  assert.ok(banned('2001:db8::1').includes('2001:db8::/64'), 'others’ evidence holds for the whole client');
});

test('a site lifts only so many bans an hour', async () => {
  using daemon = await createSmallDaemon('[jails.wordpress]\nmaxretry = 1');
  daemon.configure([site('mine', 'mine.example')]);
  const operations = daemon.sites.operationsOf('mine');
  const ips = Array.from({ length: 502 }, (_, at) => `198.18.${at >> 8}.${at & 255}`);
  await daemon.read(...ips.map((ip) => failureLine(ip, { site: 'mine.example', time: daemon.clock.now() })));
  let lifted = 0;
  const refused = await (async () => {
    for (const ip of ips) {
      await operations.unban('', ip, {});
      lifted++;
    }
    return null;
  })().catch((error) => error);
  assert.equal(refused?.code, 'rate_limited');
  assert.ok(lifted >= 500 && lifted < 502, `${lifted} were lifted`);
});
