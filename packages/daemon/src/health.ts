import type { HealthProblem } from '@portcullis/contracts';

type Code = HealthProblem['code'];

/** What is wrong now: at most one sentence for each code and subject. Says when one comes or goes. */
export class Health {
  readonly #problems = new Map<string, HealthProblem>();
  readonly #onChange: (problem: HealthProblem, over: boolean) => void;

  constructor(onChange: (problem: HealthProblem, over: boolean) => void) {
    this.#onChange = onChange;
  }

  get problems(): HealthProblem[] {
    return [...this.#problems.values()];
  }

  /** @param sentence what is wrong and what to do; null: it is over */
  set(code: Code, subject: string, sentence: string | null): void {
    const key = `${code} ${subject}`;
    const known = this.#problems.get(key);
    if (sentence === null) {
      if (known === undefined) return;
      this.#problems.delete(key);
      this.#onChange(known, true);
      return;
    }
    if (known?.sentence === sentence) return;
    const problem = { code, sentence };
    this.#problems.set(key, problem);
    if (known === undefined) this.#onChange(problem, false);
  }

  /** Drops the problems of a code whose subjects are no longer among those given. */
  keep(code: Code, subjects: ReadonlySet<string>): void {
    for (const key of this.#problems.keys()) {
      const [known, ...subject] = key.split(' ');
      if (known === code && !subjects.has(subject.join(' '))) this.set(code, subject.join(' '), null);
    }
  }
}
