import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { unzip } from './unzip.ts';

/** A zip as Info-ZIP writes it, without checksums, which nobody asks for. */
function makeZip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), packed);
    entries.push(entry, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...entries, end]);
}

test('files of the one folder come out as they were, and nothing outside of it is written', (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-unzip-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const zip = join(directory, 'a.zip');
  writeFileSync(zip, makeZip({ 'portcullis/a.php': '<?php // ü', 'portcullis/b/c.js': 'x'.repeat(9999) }));
  const target = join(directory, 'out');
  unzip(zip, 'portcullis', target);
  assert.equal(readFileSync(join(target, 'portcullis/a.php'), 'utf8'), '<?php // ü');
  assert.equal(readFileSync(join(target, 'portcullis/b/c.js'), 'utf8').length, 9999);
  for (const name of ['portcullis/../x', '/etc/x', 'other/x', 'portcullis/..']) {
    writeFileSync(zip, makeZip({ [name]: 'x' }));
    assert.throws(() => unzip(zip, 'portcullis', target), { code: 'unreadable_file' });
  }
  writeFileSync(zip, 'no zip at all, and longer than a directory');
  assert.throws(() => unzip(zip, 'portcullis', target), { code: 'unreadable_file' });
  assert.deepEqual(readdirSync(directory).sort(), ['a.zip', 'out']);
});
