import type { Command } from 'commander';
export function addCheckConfig(program: Command): void {
  program.command('check-config');
}
