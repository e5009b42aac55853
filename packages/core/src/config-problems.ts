import { ConfigFile, siteDomainPattern, unixNamePattern } from '@portcullis/contracts';
import { Ajv, type ErrorObject } from 'ajv';
import type { ConfigProblem } from './config.ts';

/** What the schema says against a file: one problem for each place, however many keywords it breaks. */
export function schemaProblems(file: unknown): ConfigProblem[] {
  // Without what takes time and is of no use: a test checks the schema itself, the code runs once, and for a place that
  // the file leaves out there is nothing to check. All of the schema takes 0.1 s, which every start would wait.
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    validateSchema: false,
    code: { optimize: false },
  });
  const validate = ajv.compile(onlyWhatIsIn(file, ConfigFile));
  if (validate(file)) return [];
  const problems = new Map<string, ConfigProblem>();
  for (const error of validate.errors ?? []) {
    const path = pathOf(error);
    if (error.keyword === 'propertyNames' || problems.has(path)) continue;
    problems.set(path, { path, value: offendingValue(error), message: sentence(error) });
  }
  return [...problems.values()];
}

/** The schema where everything holds of a property that the value does not have. */
function onlyWhatIsIn(value: unknown, schema: object): object {
  if (!('properties' in schema) || typeof value !== 'object' || value === null) return schema;
  const properties = Object.entries(schema.properties as Record<string, object>).map(([key, inner]) => [
    key,
    Object.hasOwn(value, key) ? onlyWhatIsIn((value as Record<string, unknown>)[key], inner) : true,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

function pathOf({ instancePath, keyword, params, propertyName }: ErrorObject): string {
  const parts = instancePath.split('/').slice(1);
  if (keyword === 'additionalProperties') parts.push(String(params['additionalProperty']));
  if (keyword === 'required') parts.push(String(params['missingProperty']));
  if (propertyName !== undefined) parts.push(propertyName);
  // A list's element is reported at its index, as `log.files[0]`.
  return parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (path, part) => (/^[0-9]+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`),
      '',
    );
}

function offendingValue(error: ErrorObject): unknown {
  // It may be a webhook's URL, which is a secret, under a name that is misspelled.
  if (/^\/(slack|webhook)/.test(error.instancePath)) return '[redacted]';
  const { keyword, data, params, propertyName } = error;
  if (propertyName !== undefined) return propertyName;
  if (keyword === 'additionalProperties')
    return (data as Record<string, unknown>)[params['additionalProperty']];
  return keyword === 'required' ? undefined : data;
}

/** What is allowed there, in words. */
function sentence(error: ErrorObject): string {
  const { keyword, params, parentSchema, schemaPath, propertyName } = error;
  if (propertyName !== undefined) return namings[error.instancePath] ?? jailNaming;
  if (keyword === 'additionalProperties') {
    return `unknown; allowed here: ${Object.keys(parentSchema?.['properties'] ?? {}).join(', ')}`;
  }
  if (keyword === 'required') return 'missing';
  if (keyword === 'enum') return `must be one of ${params['allowedValues'].join(', ')}`;
  if (schemaPath.includes('/anyOf/')) return alternatives(error);
  if (keyword === 'type') return `must be ${article(params['type'])}`;
  if (keyword === 'minimum' || keyword === 'maximum') {
    const { minimum, maximum } = parentSchema as { minimum: number; maximum: number };
    return `must be from ${minimum} to ${maximum}`;
  }
  if (keyword === 'exclusiveMinimum') return 'must be greater than 0';
  if (keyword === 'minItems') return 'must not be empty';
  if (keyword === 'uniqueItems') return 'must not name the same thing twice';
  if (parentSchema?.['pattern'] === siteDomainPattern)
    return 'must be a host name in lower case, with the path of a sub-site if need be: example.com, example.com/shop';
  if (parentSchema?.['pattern'] === unixNamePattern) return 'must be the name of a Unix user or group';
  if (keyword === 'maxItems') return `must hold at most ${params['limit']}`;
  if (keyword === 'minLength') return 'must not be empty';
  if (keyword === 'pattern' && parentSchema?.['pattern'] === '^/')
    return 'must be an absolute path, as /var/log/auth.log';
  return `must match ${params['pattern'] ?? keyword}`;
}

const jailNaming = 'a jail is named by 1 to 17 of a-z, 0-9 and -, and begins with a letter or digit';
const siteNaming =
  'a site’s id has 1 to 40 of a-z, 0-9, . and -, and begins and ends with a letter or digit; quote one with a dot: [sites."example.com"]';

const patternNaming =
  'is named by a site’s id, a name as in the log, or a pattern as "*.example.com"; quote one with a dot or star';
const namings: Readonly<Record<string, string>> = {
  '/sites': siteNaming,
  '/slack/sites': patternNaming,
  '/webhook/sites': patternNaming,
};

const alternatives = ({ instancePath }: ErrorObject): string =>
  instancePath.startsWith('/firewall/ports')
    ? 'must be a port number, a service name such as https, or a range such as 8000:8010'
    : 'must be a duration: seconds, or 30s 10m 3h 1d 4w; -1 is for ever';

const article = (type: string): string => {
  if (type === 'array') return 'a list, as ["…"]';
  if (type === 'object') return 'a table';
  return type === 'integer' ? 'a whole number' : `a ${type}`;
};
