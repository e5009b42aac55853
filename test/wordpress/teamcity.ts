/** How one test of PHPUnit ended. */
export interface PhpTest {
  /** The class, and the test as a sentence. */
  readonly name: string;
  readonly failure: string | null;
  readonly skipped: string | null;
}

/** Reads what `phpunit --log-teamcity` writes: one message a line, `##teamcity[testFailed name='…' message='…']`. */
export function readTeamCity(log: string): PhpTest[] {
  const tests: PhpTest[] = [];
  let suite = '';
  let failure: string | null = null;
  let skipped: string | null = null;
  for (const [, kind, rest] of log.matchAll(/^##teamcity\[(\w+) (.*)\]$/gm)) {
    const values = readValues(rest!);
    const text = `${values['message'] ?? ''}\n${values['details'] ?? ''}`.trim();
    if (kind === 'testStarted') {
      suite = className(values['locationHint'] ?? '');
      failure = skipped = null;
    }
    if (kind === 'testFailed') failure = `${text}${comparison(values)}`;
    if (kind === 'testIgnored') skipped = text;
    if (kind === 'testFinished')
      tests.push({ name: `${suite}: ${asSentence(values['name']!)}`, failure, skipped });
  }
  return tests;
}

const comparison = ({ expected, actual }: Record<string, string>) =>
  expected === undefined ? '' : `\nexpected: ${expected}\nactual: ${actual}`;

/** `php_qn:///path/RoutesTest.php::\\Portcullis\\Tests\\RoutesTest::test_lifts_a_ban` as `Routes`. */
const className = (location: string) => /(\w+?)(?:Test)?::\w+[^:]*$/.exec(location)?.[1] ?? location;

/** `test_refuses_without_curl with data set "a"` as `refuses without curl with data set "a"`. */
function asSentence(name: string): string {
  const [method = '', ...rest] = name.split(' ');
  return [method.replace(/^test_?/, '').replaceAll('_', ' '), ...rest].join(' ');
}

function readValues(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/(\w+)='((?:[^|']|\|.)*)'/gs))
    values[name!] = unescaped(value!);
  return values;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r' };
const unescaped = (value: string) =>
  value.replace(/\|(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
