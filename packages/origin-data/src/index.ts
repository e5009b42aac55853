import fs from 'node:fs';
import path from 'node:path';

export { packCountry, unpackCountry } from './country-code.ts';
export { RangeTable } from './range-table.ts';

export type TableName = 'country' | 'asn';

/**
 * The table that came with this program; null where there is none, as after an installation without scripts. Beside an installed
 * executable it is in `../share/portcullis/` (`/usr/share/portcullis/asn.bin`); in a checkout where `compile.ts` puts it.
 */
export function shippedTable(name: TableName): string | null {
  const folders = [
    path.resolve(process.execPath, '../../share/portcullis'),
    ...(import.meta.dirname === undefined ? [] : [path.join(import.meta.dirname, '../data')]),
  ];
  return (
    folders.map((folder) => path.join(folder, `${name}.bin`)).find((file) => fs.existsSync(file)) ?? null
  );
}
