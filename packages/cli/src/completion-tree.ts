import tab, { type Command as Completed } from '@bomb.sh/tab';
import type { Command, Option } from 'commander';

/** Prints what can follow the words, in the form that the scripts of @bomb.sh/tab read. */
export function completeWords(program: Command, words: string[]): void {
  addOptions(tab, program);
  for (const command of visibleCommands(program)) addCommand(program, command, command.name());
  tab.parse(words);
}

function addCommand(program: Command, command: Command, path: string): void {
  const completed = tab.command(path, command.description());
  addOptions(completed, command);
  addOptions(completed, program);
  for (const argument of command.registeredArguments) {
    completed.argument(
      argument.name(),
      (complete) => {
        for (const choice of argument.argChoices ?? []) complete(choice, '');
      },
      argument.variadic,
    );
  }
  for (const inner of visibleCommands(command)) addCommand(program, inner, `${path} ${inner.name()}`);
}

const visibleCommands = (command: Command): Command[] => command.createHelp().visibleCommands(command);

function addOptions(completed: Completed, command: Command): void {
  for (const option of command.createHelp().visibleOptions(command)) {
    const name = option.long?.replace(/^--/, '');
    if (name === undefined) continue;
    if (!takesValue(option)) completed.option(name, option.description);
    else {
      completed.option(name, option.description, (complete) => {
        for (const choice of option.argChoices ?? []) complete(choice, '');
      });
    }
  }
}

const takesValue = (option: Option): boolean => option.required || option.optional;
