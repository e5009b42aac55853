/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly sentence: string;
  /** What to do about it; null where nothing is to do. */
  readonly do: string | null;
}

export const ok = (check: string, sentence: string): Finding => ({ check, result: 'ok', sentence, do: null });
export const warn = (check: string, sentence: string, advice: string): Finding => ({
  check,
  result: 'warn',
  sentence,
  do: advice,
});
export const fail = (check: string, sentence: string, advice: string): Finding => ({
  check,
  result: 'fail',
  sentence,
  do: advice,
});
