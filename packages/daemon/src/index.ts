export type { Operations } from './operations.ts';
