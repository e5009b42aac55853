export * from './address.ts';
export * from './ports.ts';
