import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import type { NetworkNamespace } from '../../support/network-namespace.ts';

const executable = '/usr/bin/chromium';

/** For a test's `skip`: why tests with a browser are left out here; false where they run. */
export const chromiumLeftOut: string | false = existsSync(executable)
  ? false
  : 'left out: the Debian package chromium is missing';

/** Nothing of the browser's own may leave the machine. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext;
}

/**
 * Debian's Chromium in the network of visitors.
 * @param sites addresses of sites by name: there is no name server
 */
export async function startChromium(
  namespace: NetworkNamespace,
  sites: Readonly<Record<string, string>>,
): Promise<Browser> {
  const directory = mkdtempSync(join(tmpdir(), 'chromium-'));
  // Playwright starts one program without arguments of our own before it.
  const launcher = join(directory, 'launch');
  writeFileSync(launcher, `#!/bin/sh\nexec ip netns exec ${namespace.name} ${executable} "$@"\n`, {
    mode: 0o755,
  });
  const rules = Object.entries(sites).map(([name, address]) => `MAP ${name} ${address}`);
  const context = await chromium.launchPersistentContext(join(directory, 'profile'), {
    executablePath: launcher,
    headless: true,
    args: [...flags, `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND'].join(', ')}`],
    viewport: { width: 1280, height: 900 },
    locale: 'en-US',
    acceptDownloads: true,
  });
  context.setDefaultTimeout(20_000);
  return {
    context,
    async [Symbol.asyncDispose]() {
      await context.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
