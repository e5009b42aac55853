import { type Terminal, visible } from '../../packages/cli/src/terminal.ts';

/** Something that the demo promised and that does not hold. */
export class BrokenPromise extends Error {
  constructor(sentence: string, found: string) {
    super(`This does not hold: ${sentence}${found === '' ? '' : `\n  Found: ${found}`}`);
    this.name = 'BrokenPromise';
  }
}

export interface Screen {
  title(text: string, explanation: readonly string[]): void;
  chapter(caption: string): void;
  /** One line of the story. */
  tell(text: string): void;
  /** Text as a program printed it, or as it stands in a file. What a terminal must not get raw is escaped. */
  show(text: string): void;
  /** A command and what it printed. */
  command(command: string, printed: string): void;
  /** @throws BrokenPromise where it does not hold */
  promise(holds: boolean, sentence: string, found?: string): void;
  note(text: string): void;
  failed(sentence: string): void;
  /** How many promises were shown, and that all held. */
  end(seconds: number): void;
  tryYourself(place: {
    socketPath: string;
    logPath: string;
    network: { server: { name: string } } | null;
    panels: readonly { url: string; login: string; password: string }[];
  }): void;
}

const indent = '   ';

export function createScreen({ line, styled }: Terminal): Screen {
  let chapters = 0;
  let kept = 0;
  const lines = (text: string) => text.replace(/\n+$/, '').split('\n').map(visible);
  return {
    title(text, explanation) {
      line(styled('bold', text));
      for (const sentence of explanation) line(sentence);
    },
    chapter(caption) {
      line();
      line(styled('bold', `${++chapters}. ${caption}`));
    },
    tell: (text) => line(`${indent}${visible(text)}`),
    show(text) {
      for (const shown of lines(text)) line(`${indent}${styled('cyan', shown)}`);
    },
    command(command, printed) {
      line(`${indent}${styled('dim', '#')} ${styled('bold', command)}`);
      if (printed === '') return;
      for (const shown of lines(printed)) line(shown === '' ? '' : `${indent}${styled('cyan', shown)}`);
    },
    promise(holds, sentence, found = '') {
      if (!holds) throw new BrokenPromise(sentence, visible(found));
      kept++;
      line(`${indent}${styled('green', '✓')} ${visible(sentence)}`);
    },
    note: (text) => line(styled('yellow', visible(text))),
    failed(sentence) {
      line();
      line(`${styled('red', '✗')} ${styled('bold', sentence)}`);
    },
    end(seconds) {
      line();
      line(styled(['bold', 'green'], `All ${kept} promises held, in ${seconds.toFixed(1)} s.`));
    },
    tryYourself({ socketPath, logPath, network, panels }) {
      const portcullis = `node_modules/.bin/portcullis --socket ${socketPath}`;
      line();
      line('The daemon goes on. In another terminal, in this directory, try:');
      line(`  ${portcullis} bans`);
      line(`  ${portcullis} why 198.51.100.66`);
      line(`  ${portcullis} ban 203.0.113.50 --for 10m`);
      line(`  tail ${logPath}`);
      if (network !== null) line(`  ip netns exec ${network.server.name} ipset list`);
      if (panels.length > 0) {
        line();
        line("In this machine's browser, the panels of the sites:");
        for (const { url, login, password } of panels) {
          line(`  ${styled('bold', url)}`);
          line(`    user ${styled('bold', login)}, password ${styled('bold', password)}`);
        }
        line("You come from the server's own address, which is never banned: wrong passwords do no harm.");
        line();
      }
      line(styled('bold', 'Press Ctrl-C to end; then everything is removed.'));
    },
  };
}
