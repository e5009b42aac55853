import { Ajv } from 'ajv';
import fastJsonStringify, { type AnySchema } from 'fast-json-stringify';
import type { FastifyServerOptions } from 'fastify';
import type { SchemaError } from './validation.ts';

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

/** RFC 3339, section 5.6, as far as a pattern can say it. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * What turns the schemas of a route into functions. Each is made when its route is first used: made all at once they
 * take 20 MB, which an idle daemon never needs.
 */
export function createCompilers(): Compilers {
  // Strict about types and complete about problems; the text of query strings is read by `coerce`.
  const ajv = once(
    () =>
      new Ajv({
        allErrors: true,
        verbose: true,
        useDefaults: true,
        formats: { 'date-time': isDateTime },
      }),
  );
  const compilers = {
    buildValidator:
      () =>
      ({ schema }: { schema: unknown }) => {
        const validate = once(() => ajv().compile(schema as object));
        return (value: unknown) => {
          if (validate()(value)) return { value };
          return {
            error: Object.assign(new Error('invalid'), { validation: validate().errors as SchemaError[] }),
          };
        };
      },
    buildSerializer:
      () =>
      ({ schema }: { schema: unknown }) => {
        const stringify = once(() => fastJsonStringify(withNullable(schema) as AnySchema));
        return (value: unknown) => stringify()(value);
      },
  };
  // Fastify's types name the concrete factories of its own packages; it calls them as these are.
  return compilers as unknown as Compilers;
}

const isDateTime = (text: string): boolean => dateTime.test(text) && !Number.isNaN(Date.parse(text));

/** Calls `make` when first asked, and gives the same value from then on. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** "This or null" as the word that the serializer knows: for `anyOf` it would carry a validator of its own. */
function withNullable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNullable);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { anyOf, ...rest } = schema as { anyOf?: readonly { type?: string }[] };
  if (anyOf?.length === 2 && anyOf[1]?.type === 'null') {
    return { ...(withNullable(anyOf[0]) as object), ...rest, nullable: true };
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withNullable(value)]));
}
