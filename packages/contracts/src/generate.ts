import { readFileSync, writeFileSync } from 'node:fs';
import { createConfigSchema } from './config-schema.ts';
import { createOpenApi } from './openapi.ts';

const manifest = new URL('../package.json', import.meta.url);

/** Each generated file and what it must hold. */
export function generatedFiles(): ReadonlyMap<URL, string> {
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const print = (document: unknown) => `${JSON.stringify(document, null, 2)}\n`;
  return new Map([
    [new URL('../openapi.json', import.meta.url), print(createOpenApi(version))],
    [new URL('../config.schema.json', import.meta.url), print(createConfigSchema())],
  ]);
}

if (import.meta.main) {
  for (const [file, text] of generatedFiles()) writeFileSync(file, text);
}
