import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient } from '@portcullis/client';
import { createHost } from '../support/daemon-process.ts';
import { waitFor } from '../support/wait-for.ts';
import { writeMmdb } from '../support/write-mmdb.ts';

const settings = `[firewall]\nbackend = "dry-run"\n[sites.blog]\ndomains = ["blog.example.com"]\nuser = "root"\n`;
const attack = (ip: string) =>
  Array.from(
    { length: 3 },
    () =>
      `${new Date().toISOString()} web wordpress(blog.example.com)[7]: Authentication failure for bob from ${ip}`,
  );
const google = { country: 'US', asn: 15169, as_name: 'Google LLC', host_name: null };

test('the host and a site are told where bans come from; a file of one’s own takes over with a reload', async () => {
  await using host = await createHost();
  host.configure(settings);
  const daemon = await host.start();
  host.write(...attack('8.8.8.8'), ...attack('198.51.100.7'));
  const ban = await host.banned('8.8.8.8');
  await host.banned('198.51.100.7');
  assert.partialDeepStrictEqual(ban, google);
  assert.partialDeepStrictEqual(await host.client.call('getBan', { params: { id: ban.id } }), google);
  assert.partialDeepStrictEqual(await host.client.call('why', { params: { ip: '8.8.8.8' } }), {
    ...google,
    bans: [google],
  });
  const tops = {
    top_countries: [
      { country: 'US', bans: 1, failures: 3 },
      { country: null, bans: 1, failures: 3 },
    ],
    top_networks: [
      { asn: 15169, as_name: 'Google LLC', bans: 1, failures: 3 },
      { asn: null, as_name: null, bans: 1, failures: 3 },
    ],
    origins_of: 2,
  };
  const sorted = (stats: Record<string, unknown>) => ({
    ...stats,
    top_countries: (stats['top_countries'] as { country: string | null }[]).toSorted((one) =>
      one.country ? -1 : 1,
    ),
    top_networks: (stats['top_networks'] as { asn: number | null }[]).toSorted((one) => (one.asn ? -1 : 1)),
  });
  assert.partialDeepStrictEqual(sorted(await host.client.call('stats')), tops);

  await using site = createClient({
    socketPath: join(host.directory, 'run/sites/blog.sock'),
    timeout: 8_000,
  });
  const { items } = await site.call('listBans');
  assert.partialDeepStrictEqual(items.find(({ ip }) => ip === '8.8.8.8')!, google);
  assert.partialDeepStrictEqual(sorted(await site.call('stats')), tops);

  const countryFile = join(host.directory, 'own.mmdb');
  host.configure(`${settings}[enrichment]\ncountry_file = "${countryFile}"`);
  daemon.kill('SIGHUP');
  const { problems } = await waitFor('the missing file is told', async () => {
    await host.bans();
    const status = await host.status();
    return !status.healthy && status;
  });
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['enrichment_failed'],
  );
  assert.match(problems[0]!.sentence, /own\.mmdb cannot be used: ENOENT/);
  assert.partialDeepStrictEqual((await host.bans()).get('8.8.8.8')!, { country: null, asn: 15169 });

  writeFileSync(countryFile, writeMmdb({ '198.51.100.0/24': { country: { iso_code: 'FR' } } }));
  daemon.kill('SIGHUP');
  await waitFor('the file is used', async () => (await host.bans()).get('198.51.100.7')?.country === 'FR');
  assert.equal((await host.status()).healthy, true);
  assert.equal((await daemon.end('SIGTERM')).code, 0);
});
