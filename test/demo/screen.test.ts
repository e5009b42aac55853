import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenPromise, createScreen } from './screen.ts';

const printed: string[] = [];
const screen = createScreen({
  columns: null,
  styled: (_format, text) => text,
  line: (text = '') => printed.push(text),
});

test('a promise that does not hold is an error that says which, and what was found instead', () => {
  assert.throws(
    () => screen.promise(false, '198.51.100.23 is refused', 'accepted'),
    (error) =>
      error instanceof BrokenPromise &&
      error.message === 'This does not hold: 198.51.100.23 is refused\n  Found: accepted',
  );
});

test('what an attacker wrote cannot move the cursor', () => {
  printed.length = 0;
  screen.show('Authentication failure for \x1b[2J from 198.51.100.66');
  assert.deepEqual(printed, ['   Authentication failure for \\u{1b}[2J from 198.51.100.66']);
});
