import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProxies, ExemptionList, type HostEvent, parseAddress } from '@portcullis/core';
import { Health } from './health.ts';
import { ProxiedSites } from './proxied-sites.ts';

const cloudflare = parseAddress('104.16.1.1')!;

function watch() {
  const clock = {
    time: 1_764_000_000_000,
    now() {
      return this.time;
    },
  };
  const told: HostEvent[] = [];
  const health = new Health(() => {});
  const proxies = createProxies({ trustedProxies: [], cdns: true });
  const current = { everywhere: new ExemptionList(), byJail: new Map(), proxies };
  const sites = new ProxiedSites({
    clock,
    health,
    exemptions: { current },
    tell: (event) => told.push(event),
  });
  return { clock, told, health, sites };
}

test('a site whose failures come from a CDN is told of, once, with whose addresses they are', () => {
  const { told, health, sites } = watch();
  for (let at = 0; at < 4; at++) sites.failed(cloudflare, 'shop.example', 1);
  assert.deepEqual(sites.names(), []);
  for (let at = 0; at < 9; at++) sites.failed(cloudflare, 'shop.example', 1);
  assert.deepEqual(sites.names(), ['shop.example']);
  assert.equal(told.length, 1);
  assert.match(health.problems[0]!.sentence, /shop\.example.*Cloudflare.*real_ip/);
});

test('it is over when no such line came for a day', () => {
  const { clock, health, sites } = watch();
  sites.failed(cloudflare, 'shop.example', 5);
  clock.time += 86_400_000;
  sites.sweep();
  assert.equal(health.problems.length, 1);
  clock.time += 1;
  sites.sweep();
  assert.equal(health.problems.length, 0);
});

test('names that clients invent are bounded, and those that no host has are not told', () => {
  const { told, sites } = watch();
  sites.failed(cloudflare, '', 9);
  sites.failed(cloudflare, 'not a host', 9);
  for (let at = 0; at < 500; at++) sites.failed(cloudflare, `${at}.example`, 9);
  assert.equal(told.length, 20);
});
