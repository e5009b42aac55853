import { Argument, type Command } from 'commander';

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .description('print the script that completes commands and options in your shell')
    .addHelpText(
      'after',
      `
Examples:
  portcullis completion bash > /etc/bash_completion.d/portcullis
  portcullis completion zsh > "\${fpath[1]}/_portcullis"
  portcullis completion fish > ~/.config/fish/completions/portcullis.fish`,
    )
    .action(async (shell: string) => {
      const { default: tab } = await import('@bomb.sh/tab');
      tab.setup('portcullis', 'portcullis', shell);
    });
  // What those scripts ask: `portcullis complete -- <words typed so far>`.
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      const { completeWords } = await import('../completion-tree.ts');
      await completeWords(program, words);
    });
}
