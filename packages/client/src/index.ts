export { type CallInput, type Client, type ClientOptions, createClient, type ListRoute } from './client.ts';
export type { ClientEvent } from './events.ts';
