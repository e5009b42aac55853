import { readFileSync } from 'node:fs';

const fixtures = new URL('../fixtures/', import.meta.url);

/** Names that nobody captured, but that a client may send. */
const made = [
  '<!channel>',
  '<!here|x>',
  '<@U012AB3CD>',
  '<#C012AB3CD>',
  '<https://evil.example|click me>',
  '@here @everyone @channel #general',
  '*bold* _italic_ ~gone~ `code` ```block```',
  ':tada: :fire:',
  '&lt;!channel&gt; &amp;',
  '> quoted\n> again\r\n• item',
  'a\u202egnp.exe\u2066\u200f',
  'zero\u200bwidth\ufeff\u00ad\u2028\u2029\u0000\u001b[31m',
  '\ud800lone\udc00',
  'https://evil.example/ mailto:eve@evil.example',
  '{"text":"x"}',
  '<'.repeat(8_192),
  '&'.repeat(8_192),
  `${'x'.repeat(8_000)}<!channel>`,
  '😀'.repeat(2_000),
  '__proto__',
];

/** Every user name in the lines that were captured or made up, and those above. */
export function hostileNames(): string[] {
  const names = new Set(made);
  for (const file of ['hostile.log', 'auth.rfc3339.log', 'auth.rfc5424.log', 'auth.traditional.log']) {
    const text = readFileSync(new URL(file, fixtures), 'utf8');
    for (const [, name] of text.matchAll(/(?:for|unknown user) (.*) from [^ ]+$/gm)) names.add(name!);
  }
  return [...names];
}
