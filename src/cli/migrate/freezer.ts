import { CommandFailed } from "../shell.ts";
import type { FreezeDoor } from "./sides.ts";

/** A freeze of a migration that crashed ends after so many ms by itself. */
const freezeFor = 600_000;
const renewEvery = 60_000;

/** Keeps a store frozen for as long as the last steps take. */
export class Freezer {
  readonly #door: FreezeDoor;
  readonly #by: string;
  readonly #shown: string;
  #version: number | undefined;
  #renewAt = 0;

  /** `by`: the id of the store that the links move to. */
  constructor(door: FreezeDoor, by: string, shown: string) {
    this.#door = door;
    this.#by = by;
    this.#shown = shown;
  }

  async begin(): Promise<void> {
    await this.#set(Date.now() + freezeFor);
  }

  /** Cheap until it is time. Throws `CommandFailed` if the freeze was over in between. */
  async renew(): Promise<void> {
    if (performance.now() >= this.#renewAt) await this.#set(Date.now() + freezeFor);
  }

  /** Makes it last until somebody lifts it. Throws `CommandFailed` if it was over in between. */
  async keep(): Promise<void> {
    await this.#set(null);
  }

  /** Lets everybody write again, if this froze the store. */
  async lift(): Promise<void> {
    if (this.#version !== undefined) await this.#door.thaw();
    this.#version = undefined;
  }

  async #set(expiresAt: number | null): Promise<void> {
    const frozen = await this.#door.freeze(this.#by, expiresAt);
    if (frozen.by !== this.#by) {
      const until = frozen.expiresAt === null ? "" : `, until ${new Date(frozen.expiresAt).toISOString()}`;
      throw new CommandFailed(
        `${this.#shown} is frozen by a migration to another store${until}. \`curt migrate --thaw\` lifts that.`,
      );
    }
    if (this.#version !== undefined && frozen.version !== this.#version + 1)
      throw new CommandFailed(`${this.#shown} was thawed before all was moved. Run the same again.`);
    this.#version = frozen.version;
    this.#renewAt = performance.now() + renewEvery;
  }
}
