import type { Command } from 'commander';
export function addMatch(program: Command): void {
  program.command('match');
}
