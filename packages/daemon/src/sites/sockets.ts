import fs from 'node:fs/promises';
import path from 'node:path';
import { PortcullisError } from '@portcullis/contracts';
import { sharedSocketId } from '@portcullis/core';
import type { Door, OpenDoor, SiteServer } from '../api/site-server.ts';
import type { SocketRights } from '../api/socket.ts';
import type { Health } from '../health.ts';
import type { RegisteredSite, SiteRegistry } from './registry.ts';
import type { UnixNames, UnixUser } from './unix-names.ts';

export interface SiteSocketsOptions {
  readonly runDir: string;
  readonly registry: SiteRegistry;
  readonly server: () => Promise<SiteServer>;
  readonly names: UnixNames;
  readonly sharedGroup: () => string;
  readonly health: Health;
  /** Takes the users of the sites that have one, by the sites' ids. */
  readonly onUsers: (uids: ReadonlyMap<string, number>) => void;
}

interface Opened {
  readonly door: OpenDoor;
  readonly rights: SocketRights;
}

/** The sockets of the registered sites: one each in isolated mode, and one for all in shared mode. */
export class SiteSockets {
  readonly #options: SiteSocketsOptions;
  readonly #open = new Map<string, Opened>();
  /** The latest answer on each user. */
  #users: ReadonlyMap<string, UnixUser> = new Map();
  /** Sites whose user the host does not know now. */
  #strange: ReadonlyMap<string, Error> = new Map();
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: SiteSocketsOptions) {
    this.#options = options;
  }

  /** Behind a directory that can be entered, but not listed: who may speak to a socket is the socket's to say. */
  get #directory(): string {
    return path.join(this.#options.runDir, 'sites');
  }

  pathOf({ id, mode }: Pick<RegisteredSite, 'id' | 'mode'>): string {
    return path.join(this.#directory, `${mode === 'shared' ? sharedSocketId : id}.sock`);
  }

  isServed({ id, mode }: Pick<RegisteredSite, 'id' | 'mode'>): boolean {
    return this.#open.has(mode === 'shared' ? sharedSocketId : id);
  }

  /** Opens, replaces and closes sockets until they are those of the registered sites. What fails stands in health. */
  sync(): Promise<void> {
    const done = this.#work.then(() => this.#sync());
    this.#work = done.catch(() => {});
    return done;
  }

  /** As `sync`, where something is not as it should be. */
  async check(): Promise<void> {
    const unserved = this.#options.registry.all.some((site) => !this.isServed(site));
    const inPlace = await Promise.all([...this.#open.values()].map(({ door }) => door.isInPlace()));
    if (unserved || this.#strange.size > 0 || inPlace.includes(false)) await this.sync();
  }

  async close(): Promise<void> {
    await this.#work;
    await Promise.all([...this.#open.values()].map(({ door }) => door.close()));
    this.#open.clear();
  }

  async #sync(): Promise<void> {
    const { registry, health, onUsers } = this.#options;
    const wanted = new Map<string, RegisteredSite>();
    for (const site of registry.all) wanted.set(site.mode === 'shared' ? sharedSocketId : site.id, site);
    for (const [id, { door }] of this.#open) {
      if (wanted.has(id)) continue;
      this.#open.delete(id);
      await door.close();
    }
    const users = await this.#lookUpUsers();
    onUsers(new Map([...users].map(([id, { uid }]) => [id, uid])));
    health.keep('site_unserved', new Set([...wanted.keys(), ...this.#strange.keys()]));
    for (const [id, error] of this.#strange) {
      // Of an isolated site that it has no socket is told below.
      if (!wanted.has(id))
        health.set('site_unserved', id, `The user of the site ${id} is not known: ${explain(error)}`);
    }
    if (wanted.size === 0) return;
    const failure = await this.#makeDirectory();
    for (const [id, site] of wanted) {
      try {
        if (failure !== null) throw failure;
        await this.#ensure(id, site, users.get(id));
        health.set('site_unserved', id, null);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const who = id === sharedSocketId ? 'The sites in shared mode have' : `The site ${id} has`;
        health.set('site_unserved', id, `${who} no socket: ${explain(error)}`);
      }
    }
  }

  /** By the sites' ids. While nobody can be asked, the answer of before holds: evidence must not depend on a name service. */
  async #lookUpUsers(): Promise<ReadonlyMap<string, UnixUser>> {
    const { registry, names } = this.#options;
    const bySite = new Map<string, UnixUser>();
    const byName = new Map<string, UnixUser>();
    const strange = new Map<string, Error>();
    for (const { id, user: name } of registry.all) {
      if (name === null) continue;
      let user = this.#users.get(name);
      try {
        user = await names.user(name);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        strange.set(id, error);
      }
      if (user === undefined) continue;
      byName.set(name, user);
      bySite.set(id, user);
    }
    this.#users = byName;
    this.#strange = strange;
    return bySite;
  }

  async #ensure(id: string, site: RegisteredSite, user: UnixUser | undefined): Promise<void> {
    const { server, sharedGroup, names } = this.#options;
    const shared = id === sharedSocketId;
    if (this.#strange.has(id)) throw this.#strange.get(id);
    const rights: SocketRights = shared
      ? { mode: 0o660, uid: process.getuid!(), ...(await names.group(sharedGroup())) }
      : { mode: 0o600, ...user };
    const known = this.#open.get(id);
    if (known !== undefined) {
      const same = JSON.stringify(known.rights) === JSON.stringify(rights);
      if (same && (await known.door.isInPlace())) return;
      // Whoever was let in by the rights of before is not let in by those of now.
      this.#open.delete(id);
      await known.door.close();
    }
    const door: Door = shared ? 'shared' : { site: id };
    const opened = await (await server()).open(door, this.pathOf(site), rights);
    this.#open.set(id, { door: opened, rights });
  }

  /** Makes the directory, and removes the sockets that a daemon left there that was killed. */
  async #makeDirectory(): Promise<Error | null> {
    const directory = this.#directory;
    try {
      await fs.mkdir(directory, { recursive: true, mode: 0o711 });
      const { uid } = await fs.lstat(directory);
      if (uid !== process.getuid!()) throw new Error(`${directory} belongs to another user.`);
      await fs.chmod(directory, 0o711);
      const ours = new Set([...this.#open.keys()].map((id) => `${id}.sock`));
      for (const entry of await fs.readdir(directory, { withFileTypes: true })) {
        if (entry.isSocket() && !ours.has(entry.name)) await fs.rm(path.join(directory, entry.name));
      }
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

const explain = (error: Error): string =>
  `${error.message} ${error instanceof PortcullisError ? (error.hint ?? '') : ''}`.trim();
