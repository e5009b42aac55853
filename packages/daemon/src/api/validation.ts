import { PortcullisError, type Route } from '@portcullis/contracts';

/** The part of an Ajv error that its sentence needs. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: {
    readonly missingProperty?: string;
    readonly additionalProperty?: string;
    readonly allowedValues?: readonly unknown[];
    readonly pattern?: string;
  };
  readonly message?: string | undefined;
  readonly data?: unknown;
}

/**
 * Text values of a query string or path as their schema's types: `limit=5` is the integer 5. What cannot be read
 * stays text, and the validator says what is allowed. Works in place.
 */
export function coerce(values: Record<string, unknown>, schema: Route['query']): void {
  const properties =
    (schema as { properties?: Record<string, { type?: string }> } | undefined)?.properties ?? {};
  for (const [key, { type }] of Object.entries(properties)) {
    const text = values[key];
    if (typeof text !== 'string') continue;
    if (type === 'integer' && /^-?[0-9]{1,15}$/.test(text)) values[key] = Number(text);
    if (type === 'boolean' && (text === 'true' || text === 'false')) values[key] = text === 'true';
  }
}

/** One error that lists every problem: its dotted path, the value, and what is allowed. */
export function invalidRequest(part: string, errors: readonly SchemaError[]): PortcullisError {
  const problems = errors.map((error) => ({ path: pathOf(error), message: sentence(error) }));
  const [first] = problems;
  const detail =
    problems.length === 1 && first !== undefined
      ? `${first.path === '' ? `The ${part}` : first.path} ${first.message}.`
      : `The ${part} has ${problems.length} problems: ${problems.map((one) => `${one.path} ${one.message}`).join('; ')}.`;
  return new PortcullisError('invalid_request', detail, { problems });
}

function pathOf({ instancePath, keyword, params }: SchemaError): string {
  const parents = instancePath.split('/').slice(1);
  const own = keyword === 'required' ? params.missingProperty : params.additionalProperty;
  return [...parents, ...(own === undefined ? [] : [own])].join('.');
}

function sentence({ keyword, params, message, data }: SchemaError): string {
  switch (keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
      return 'is not known here';
    case 'enum':
      return `is ${spell(data)}, allowed: ${params.allowedValues?.join(', ')}`;
    case 'pattern':
      return `is ${spell(data)}, must match ${params.pattern}`;
    default:
      return `is ${spell(data)}, ${message ?? 'not allowed'}`;
  }
}

/** The offending value, at most 100 characters of it. */
function spell(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
