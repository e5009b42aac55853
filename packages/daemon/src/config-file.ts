import fs from 'node:fs';
import { PortcullisError } from '@portcullis/contracts';
import { type Config, type ConfigProblem, parseConfig } from '@portcullis/core';
import { isService, readServices } from './firewall/ports.ts';

/** What one line says of a problem: place, value, what is allowed. */
export const describeProblem = ({ path, value, message }: ConfigProblem): string => {
  if (path === '') return message;
  return value === undefined ? `${path}: ${message}` : `${path} = ${JSON.stringify(value)}: ${message}`;
};

/** @throws PortcullisError invalid_config with every problem of the file */
export function readConfig(path: string): Config {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read' : `: ${code}`;
    throw new PortcullisError('invalid_config', `The configuration ${path} ${reason}.`, {
      hint: 'An empty file is a valid configuration: every key has a default.',
      cause,
    });
  }
  const services = readServices();
  const { config, problems } = parseConfig(text, { hasService: (name) => isService(name, services) });
  if (config !== null) return config;
  const number = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  throw new PortcullisError('invalid_config', `The configuration ${path} has ${number}.`, {
    hint: `Mend them and try again; \`portcullis check-config ${path}\` lists them too.`,
    problems: problems.map((problem) => ({ path: problem.path, message: describeProblem(problem) })),
  });
}
