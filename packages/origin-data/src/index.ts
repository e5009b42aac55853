import fs from 'node:fs';
import path from 'node:path';

export { packCountry, unpackCountry } from './country-code.ts';
export { RangeTable } from './range-table.ts';

export type TableName = 'country' | 'asn';

/** What the licence of the AS data (CC BY 4.0) asks to be shown with it. */
export const attribution =
  'Network names: RouteViews (routeviews.org), NRO (nro.net) and DB-IP (db-ip.com), CC BY 4.0, compiled by ip-location-db and Portcullis.';

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
