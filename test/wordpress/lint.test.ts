import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';

const plugin = join(import.meta.dirname, '../../wp-plugin');

test('the plugin’s PHP keeps the coding standard', async () => {
  const { exitCode, stdout } = await execa('phpcs', ['-q'], { cwd: plugin, reject: false });
  assert.equal(exitCode, 0, stdout);
});

test('PHP needs nothing of mbstring but what WordPress stands in for', async () => {
  const { stdout } = await execa('grep', ['-rhoE', 'mb_[a-z_]+', join(plugin, 'includes')]);
  assert.deepEqual([...new Set(stdout.split('\n'))].sort(), ['mb_strlen', 'mb_substr']);
});

test('PHP prints nothing that is not escaped', async () => {
  const script = join(import.meta.dirname, 'parts/unescaped.php');
  const { stdout } = await execa('php', [script, join(plugin, 'includes')]);
  assert.equal(stdout, '');
});

test('the check of escaping finds what is not escaped', async () => {
  const script = join(import.meta.dirname, 'parts/unescaped.php');
  const { stdout } = await execa('php', [script, '-'], {
    input: "<?php echo '<b>' . $name . esc_html( $ok ); echo __( 'x' ); echo esc_html( __( 'y' ) ), '</b>';",
  });
  assert.deepEqual(stdout.split('\n'), ['-:1: $name', '-:1: __']);
});
