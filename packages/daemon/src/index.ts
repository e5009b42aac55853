export type { DaemonEvent, Operations } from './operations.ts';
