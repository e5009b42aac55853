import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JournalExportReader, type JournalFields } from './journal-export.ts';
import { maxLineLength } from './lines.ts';

type Fields = Record<string, Uint8Array>;

const binary = (name: string, value: Uint8Array): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')]);
};

const isText = (value: Uint8Array) => !value.includes(0x0a);

const write = (entries: readonly Fields[]): Buffer =>
  Buffer.concat(
    entries.flatMap((fields) => [
      ...Object.entries(fields).map(([name, value]) =>
        isText(value) && value.length % 2 === 0
          ? Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from('\n')])
          : binary(name, value),
      ),
      Buffer.from('\n'),
    ]),
  );

function read(chunks: readonly Uint8Array[]): JournalFields[] {
  const reader = new JournalExportReader();
  const found: JournalFields[] = [];
  for (const chunk of chunks) reader.push(chunk, (fields) => found.push(fields));
  return found;
}

const values = (found: readonly JournalFields[]) =>
  found.map((fields) =>
    Object.fromEntries([...fields.values].map(([name, value]) => [name, Buffer.from(value).toString('hex')])),
  );

test('entries are read the same however their bytes are cut into chunks', () => {
  const name = fc.constantFrom('MESSAGE', '_UID', 'SYSLOG_IDENTIFIER', '__CURSOR');
  const entry = fc.dictionary(name, fc.uint8Array({ maxLength: 300 }), { minKeys: 1, noNullPrototype: true });
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 200 })),
      (entries, cuts) => {
        const bytes = write(entries);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(bytes.subarray(at));
        assert.deepEqual(
          values(read(chunks)),
          entries.map((fields) =>
            Object.fromEntries(
              Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString('hex')]),
            ),
          ),
        );
      },
    ),
  );
});

test('a value of any length takes no more memory than a line, and what follows it is read', () => {
  const long = Buffer.alloc(1_000_000, 'A');
  for (const first of [binary('MESSAGE', long), Buffer.from(`MESSAGE=${long}\n`)]) {
    const [fields] = read([first.subarray(0, 70_000), first.subarray(70_000), Buffer.from('_UID=33\n\n')]);
    assert.equal(fields!.values.get('MESSAGE')!.length, maxLineLength);
    assert.deepEqual([...fields!.cut], ['MESSAGE']);
    assert.equal(Buffer.from(fields!.values.get('_UID')!).toString(), '33');
  }
});

test('of a field that is there twice the first one counts', () => {
  const [fields] = read([Buffer.from('MESSAGE=one\nMESSAGE=two\n\n')]);
  assert.equal(Buffer.from(fields!.values.get('MESSAGE')!).toString(), 'one');
});

test('bytes of another format are refused', () => {
  assert.throws(() => read([Buffer.from(`${'x'.repeat(70)}\n`)]), /not the Journal Export Format/);
  assert.throws(() => read([Buffer.from('MESSAGE\n\x01\0\0\0\0\0\0\0AB')]), /not the Journal Export Format/);
});
