import { globSync } from 'node:fs';
import { textOf } from './files.ts';
import { type Check, ok, warning } from './finding.ts';
import { ask } from './programs.ts';

export interface Fail2banFacts {
  readonly installed: boolean;
  /** Jails that run; null where fail2ban does not answer. */
  readonly running: readonly string[] | null;
  /** Sections of its configuration that read WordPress lines, with the file of each. */
  readonly jails: readonly { readonly name: string; readonly file: string }[];
}

/** Whether fail2ban bans from the same WordPress lines: two programs that ban and unban the same addresses. */
export const fail2banCheck: Check<Fail2banFacts> = {
  name: 'fail2ban',
  async gather({ exec, root }) {
    const said = await ask(exec, ['fail2ban-client', 'status']);
    const list = 'output' in said ? /Jail list:\s*(.*)/.exec(said.output)?.[1] : undefined;
    const files = ['jail.conf', 'jail.local', 'jail.d/*.conf', 'jail.d/*.local'].flatMap((name) =>
      globSync(`${root}/etc/fail2ban/${name}`).sort(),
    );
    return {
      installed: 'output' in said || files.length > 0,
      running: list === undefined ? null : list.split(/[,\s]+/).filter(Boolean),
      jails: files.flatMap((file) =>
        wordpressJails(textOf(file)).map((name) => ({ name, file: file.slice(root.length) })),
      ),
    };
  },
  judge({ installed, running, jails }) {
    if (!installed) return [ok('fail2ban', 'fail2ban is not installed.')];
    // Without its word, whatever its files name is taken to run.
    const active = jails.filter(({ name }) => running === null || running.includes(name));
    if (active.length === 0) return [ok('fail2ban', 'fail2ban is here and reads no WordPress lines.')];
    const names = [...new Set(active.map(({ name, file }) => `${name} (${file})`))].join(', ');
    return [
      warning(
        'fail2ban',
        `fail2ban bans from the same lines: ${names}. Who is let in by one stays banned by the other.`,
        'Set enabled = false there, then: fail2ban-client reload',
      ),
    ];
  },
};

/** Sections of a jail file that are about WordPress, by their name or their filter, and not disabled there. */
export function wordpressJails(text: string): string[] {
  return text
    .split(/^(?=[ \t]*\[)/m)
    .map((section) => ({ name: /^[ \t]*\[([^\]\n]+)\]/.exec(section)?.[1] ?? '', section }))
    .filter(
      ({ name, section }) =>
        /wordpress|wp-|wpf2b/i.test(name) || /^\s*filter\s*=\s*wordpress/im.test(section),
    )
    .filter(({ section }) => !/^\s*enabled\s*=\s*(false|no|off|0)\s*$/im.test(section))
    .map(({ name }) => name);
}
