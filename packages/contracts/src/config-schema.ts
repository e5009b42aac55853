import { ConfigFile, defaultConfig } from './config.ts';

/** The JSON Schema of the configuration file, for editors; every key carries what holds where the file is silent. */
export function createConfigSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:portcullis:config',
    title: 'portcullis.toml',
    ...(withDefaults(ConfigFile, defaultConfig) as object),
  };
}

function withDefaults(schema: unknown, value: unknown): unknown {
  const { properties, ...rest } = schema as { properties?: Record<string, unknown> };
  if (properties === undefined) return value === undefined ? rest : { ...rest, default: value };
  const values = (value ?? {}) as Record<string, unknown>;
  const entries = Object.entries(properties).map(([key, inner]) => [key, withDefaults(inner, values[key])]);
  return { ...rest, properties: Object.fromEntries(entries) };
}
