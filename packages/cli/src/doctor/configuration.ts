import { existsSync } from 'node:fs';
import { PortcullisError } from '@portcullis/contracts';
import { type Config, parseConfig } from '@portcullis/core';
import { readConfig } from '@portcullis/daemon/offline';
import { error, type Finding, ok, warning } from './finding.ts';

/** The configuration that the other checks go by: the defaults where the file is missing or wrong. */
export function checkConfiguration(path: string): { config: Config; findings: Finding[] } {
  const check = 'configuration';
  if (!existsSync(path)) {
    const finding = warning(
      check,
      `There is no ${path}; the defaults are looked at.`,
      'Name it with --config FILE.',
    );
    return { config: parseConfig('').config!, findings: [finding] };
  }
  try {
    const config = readConfig(path);
    const names = config.jails.map(({ name }) => name);
    const finding =
      names.length > 0
        ? ok(check, `${path} is valid; jails: ${names.join(', ')}.`)
        : warning(
            check,
            `${path} is valid, but no jail is enabled: nobody is banned.`,
            'Enable one under [jails].',
          );
    return { config, findings: [finding] };
  } catch (cause) {
    if (!(cause instanceof PortcullisError)) throw cause;
    const sentences = [cause.message, ...cause.problems.map(({ message }) => message)];
    const finding = error(check, sentences.join(' '), `See: portcullis check-config ${path}`);
    return { config: parseConfig('').config!, findings: [finding] };
  }
}
