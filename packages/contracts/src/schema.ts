import type { FromSchema, JSONSchema } from 'json-schema-to-ts';

/** The TypeScript type of a JSON Schema that was written `as const` or with the builders below. */
export type Static<S extends JSONSchema> = FromSchema<S>;

type Properties = Readonly<Record<string, JSONSchema>>;
type OptionalKeys<P extends Properties> = readonly (keyof P & string)[];

/** A closed object: keys that are not named are refused, and all are required but those in `optional`. */
export function object<const P extends Properties, const O extends OptionalKeys<P> = readonly []>(
  properties: P,
  optional?: O,
) {
  const open = new Set<string>(optional ?? []);
  return {
    type: 'object',
    properties,
    required: Object.keys(properties).filter((key) => !open.has(key)) as unknown as readonly Exclude<
      keyof P & string,
      O[number]
    >[],
    additionalProperties: false,
  } as const;
}

/** A list of one kind of thing. */
export const array = <const I extends JSONSchema>(items: I) => ({ type: 'array', items }) as const;

/** The same schema with a sentence for readers of the OpenAPI document and of the configuration's reference. */
export const describe = <const S extends object>(description: string, schema: S) =>
  ({ ...schema, description }) as S & { readonly description: string };

/** Null or the given schema. */
export const nullable = <const S extends JSONSchema>(schema: S) =>
  ({ anyOf: [schema, { type: 'null' }] }) as const;

/** One of a closed list of words. */
export const oneOf = <const W extends readonly string[]>(...words: W) =>
  ({ type: 'string', enum: words }) as const;

export const string = { type: 'string' } as const;
export const integer = { type: 'integer' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
export const boolean = { type: 'boolean' } as const;

/** RFC 3339 in UTC with milliseconds, as `2026-11-21T19:00:53.000Z`. */
export const instant = { type: 'string', format: 'date-time' } as const;

/** How often each key was seen. */
export const counts = { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } } as const;
