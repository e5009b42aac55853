import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDomain, SiteOwners } from './site-owners.ts';

const owners = new SiteOwners([
  { id: 'main', domains: ['example.com', 'www.example.com'] },
  { id: 'shop', domains: ['example.com/shop'] },
]);

test('a domain covers its own name and the paths below it', () => {
  for (const name of ['example.com', 'www.example.com', 'example.com/news', 'example.com/news/old'])
    assert.equal(owners.ownerOf(name), 'main', name);
});

test('the longest domain wins, whole segments only', () => {
  assert.equal(owners.ownerOf('example.com/shop'), 'shop');
  assert.equal(owners.ownerOf('example.com/shop/cart'), 'shop');
  assert.equal(owners.ownerOf('example.com/shopping'), 'main');
});

test('other hosts belong to nobody, however they look alike', () => {
  for (const name of ['', 'com', 'notexample.com', 'example.com.evil', 'sub.example.com', 'example.org'])
    assert.equal(owners.ownerOf(name), null, name);
});

test('a name that holds what no honest host can have belongs to nobody', () => {
  for (const name of [
    'example.com/shop)[1]: Authentication failure for x',
    'example.com/',
    'example.com//shop',
    'example.com/../shop',
    'example.com/a b',
    'Example.com',
    'example.com/\u2028',
    `example.com/${'a'.repeat(250)}`,
  ])
    assert.equal(owners.ownerOf(name), null, name);
});

test('no name belongs to a site none of whose domains it begins with', () => {
  const segment = fc.stringMatching(/^[a-z0-9._~%)(: -]{0,6}$/);
  const name = fc.array(segment, { maxLength: 4 }).map((parts) => ['example.com', ...parts].join('/'));
  fc.assert(
    fc.property(name, (site) => {
      const owner = owners.ownerOf(site);
      if (owner === 'shop') assert.ok(site === 'example.com/shop' || site.startsWith('example.com/shop/'));
      if (owner === 'main') assert.ok(site !== 'example.com/shop' && !site.startsWith('example.com/shop/'));
    }),
  );
});

test('a domain is spelled as the log spells it', () => {
  assert.equal(parseDomain(' Shop.Example.COM.:8080/News/ '), 'shop.example.com/News');
  for (const text of [
    '',
    '/shop',
    'exa mple.com',
    'https://example.com',
    'a'.repeat(201),
    'münchen.de',
    '-a.de',
  ])
    assert.equal(parseDomain(text), null, text);
});
