import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** What a person is asked. */
export interface Questions extends Disposable {
  /** Enter alone means yes. */
  confirm(question: string): Promise<boolean>;
  /** What is typed is not shown. */
  secret(question: string): Promise<string>;
}

/** Asks on a terminal. Node's own readline does it: a library for prompts would be larger than all else here. */
export function createQuestions(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Questions {
  let shown = true;
  const terminal = new Writable({
    write(chunk, encoding, done) {
      if (shown) output.write(chunk, encoding);
      done();
    },
  });
  const lines: Interface = createInterface({ input, output: terminal, terminal: true });
  return {
    async confirm(question) {
      const answer = (await lines.question(`${question} [Y/n] `)).trim().toLowerCase();
      return answer === '' || answer.startsWith('y');
    },
    async secret(question) {
      const answer = lines.question(question);
      shown = false;
      try {
        return (await answer).trim();
      } finally {
        shown = true;
        output.write('\n');
      }
    },
    [Symbol.dispose]: () => lines.close(),
  };
}
