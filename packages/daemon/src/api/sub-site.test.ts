import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSubSite } from './sub-site.ts';

const read = (header: string | string[] | undefined) => readSubSite({ 'x-portcullis-sub-site': header });

test('without the header a site asks for all of it', () => assert.equal(read(undefined), null));

for (const [header, name] of [
  ['shop.example.com', 'shop.example.com'],
  ['example.com%2Fshop', 'example.com/shop'],
  ['example.com/shop', 'example.com/shop'],
] as const)
  test(`${header} names ${name}`, () => assert.equal(read(header), name));

for (const header of [
  '',
  '%',
  '%FF',
  'Shop.Example.com',
  'example.com/',
  'example.com:80',
  'example.com,other.example',
  'a b',
  'x%0Ay',
  '*',
  'x'.repeat(601),
  ['one.example', 'two.example'],
])
  test(`${JSON.stringify(header).slice(0, 40)} is refused, and not taken for all of it`, () =>
    assert.throws(() => read(header), { code: 'invalid_request' }));
