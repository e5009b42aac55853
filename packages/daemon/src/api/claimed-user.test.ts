import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readClaimedUser } from './claimed-user.ts';

const read = (header: string | undefined) => readClaimedUser({ 'x-portcullis-user': header });

test('a login is read as its site encoded it, in any script', () => {
  assert.equal(read(undefined), '');
  assert.equal(read(''), '');
  assert.equal(read('%C3%A5sa%20b'), 'åsa b');
  assert.equal(read(encodeURIComponent('日'.repeat(60))), '日'.repeat(60));
});

test('what can be no login is refused', () => {
  for (const header of [
    'a b',
    'åsa',
    '%',
    '%4',
    '%zz',
    '%FF',
    '%ED%A0%80',
    '%0A',
    '%1b[2J',
    '%00',
    '%C2%85',
    '%E2%80%A8',
    '%E2%80%AE',
    '%E2%80%8B',
    'a'.repeat(61),
    encodeURIComponent('日'.repeat(61)),
    'a'.repeat(100_000),
  ])
    assert.throws(() => read(header), { code: 'invalid_request' }, JSON.stringify(header.slice(0, 40)));
});

test('whatever is sent, the answer is a short visible name or a refusal', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'binary' }).map(encodeURIComponentSafely)),
      (header) => {
        let name: string;
        try {
          name = read(header);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'invalid_request');
          return;
        }
        assert.ok([...name].length <= 60);
        assert.doesNotMatch(name, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      },
    ),
  );
});

/** Lone surrogates cannot be encoded. */
const encodeURIComponentSafely = (text: string): string => encodeURIComponent(text.toWellFormed());
