import type { Command, Option } from 'commander';

/**
 * The man page portcullis(1), made of what `--help` prints: one source, so that they cannot differ.
 *
 * @param date of the page, ISO 8601
 */
export function manual(program: Command, { version, date }: { version: string; date: string }): string {
  const commands = program.commands.filter((command) => !isHidden(command));
  return [
    `.TH PORTCULLIS 1 "${date.slice(0, 10)}" "Portcullis ${version}" "User Commands"`,
    '.SH NAME',
    `portcullis \\- ${lowerFirst(roff(program.description())).replace(/\.$/, '')}`,
    '.SH SYNOPSIS',
    '.B portcullis',
    '[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]',
    '.SH OPTIONS',
    ...program.options.flatMap(describeOption),
    '.SH COMMANDS',
    ...commands.flatMap((command) => describeCommand(command, [])),
    ...section('EXIT STATUS', exitCodes),
    '.SH FILES',
    ...files.flatMap(([file, meaning]) => ['.TP', `.I ${roff(file)}`, roff(meaning)]),
    '.SH SEE ALSO',
    '.BR iptables (8),',
    '.BR ipset (8),',
    '.BR journalctl (1).',
    'More is in /usr/share/doc/portcullis.',
    '',
  ].join('\n');
}

const exitCodes = `0  done
1  the answer is "no" or a check failed
2  wrong usage or configuration
3  the daemon cannot be reached
4  refused by policy`;

const files = [
  ['/etc/portcullis/portcullis.toml', 'the configuration'],
  ['/etc/portcullis/credentials/slack-webhook', "the URL of Slack's incoming webhook"],
  ['/run/portcullis/admin.sock', "the daemon's API"],
  ['/var/lib/portcullis/portcullis.db', 'bans, history and the position in the logs'],
] as const;

function describeCommand(command: Command, parents: readonly string[]): string[] {
  const names = [...parents, command.name()];
  const visible = command.commands.filter((one) => !isHidden(one));
  if (visible.length > 0) return visible.flatMap((one) => describeCommand(one, names));
  const usage = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [
    `.SS ${roff(['portcullis', ...names, ...usage].join(' '))}`,
    `${roff(upperFirst(command.description()))}.`,
    ...command.options.filter((one) => !one.hidden).flatMap(describeOption),
    ...literal(helpAfter(command)),
  ];
}

const describeOption = ({ flags, description }: Option): string[] => [
  '.TP',
  `.B ${roff(flags)}`,
  roff(description),
];

/** What a command's help says after its options: notes and examples. */
function helpAfter(command: Command): string {
  let text = '';
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (part) => (text += part), getOutHasColors: () => false });
  const help = command.helpInformation();
  command.outputHelp();
  command.configureOutput(before);
  return text.slice(text.indexOf(help) + help.length).trim();
}

const section = (title: string, text: string): string[] => [`.SH ${title}`, ...literal(text)];

/** Text as it stands, line by line. */
const literal = (text: string): string[] =>
  text === '' ? [] : ['.PP', '.nf', ...text.split('\n').map(roff), '.fi'];

/** A hyphen that is one, and nothing at a line's begin that roff would take for a request. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1')
    .replaceAll('…', '...')
    .replaceAll('×', 'x');

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Commander keeps it to itself. */
const isHidden = (command: Command): boolean => (command as unknown as { _hidden: boolean })._hidden === true;
