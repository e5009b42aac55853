import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createToken, hashToken, ownerOfToken, readBearer } from './token.ts';

test('a token is 32 bytes of chance, and its hash finds its site', () => {
  const tokens = Array.from({ length: 50 }, createToken);
  assert.equal(new Set(tokens).size, 50);
  for (const token of tokens) assert.equal(Buffer.from(token, 'base64url').length, 32);
  const hashes = new Map(tokens.map((token, at) => [`site${at}`, hashToken(token)]));
  assert.equal(ownerOfToken(tokens[7]!, hashes), 'site7');
  assert.equal(ownerOfToken(createToken(), hashes), null);
  assert.equal(ownerOfToken(tokens[7]!, new Map([['broken', new Uint8Array(3)]])), null);
});

test('only a bearer header with one token of the right shape is read', () => {
  const token = createToken();
  assert.equal(readBearer(`Bearer ${token}`), token);
  assert.equal(readBearer(`bearer  ${token} `), token);
  for (const header of [
    undefined,
    '',
    token,
    `Basic ${token}`,
    `Bearer ${token}x`,
    `Bearer ${token} x`,
    'Bearer ',
  ])
    assert.equal(readBearer(header), null, String(header));
});
