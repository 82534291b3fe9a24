/** Follows links over a few kept connections, each at its own pace, and compares where they lead. */
export class Followers {
  /** Links whose answer was the redirect expected, and all others. */
  right = 0;
  wrong = 0;
  /** The first wrong answers, for whoever looks for the reason. */
  readonly examples: string[] = [];
  readonly #base: string;
  readonly #idle: number;
  readonly #underWay = new Set<Promise<void>>();

  constructor(port: number, connections: number) {
    this.#base = `http://127.0.0.1:${port}/`;
    this.#idle = connections;
  }

  /** Follows a slug; returns as soon as there is room for another. */
  async follow(slug: string, url: string): Promise<void> {
    const one: Promise<void> = this.#ask(slug, url).finally(() => this.#underWay.delete(one));
    this.#underWay.add(one);
    if (this.#underWay.size >= this.#idle) await Promise.race(this.#underWay);
  }

  /** Waits for the answers that are still to come. */
  async end(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #ask(slug: string, url: string): Promise<void> {
    let found: string | null;
    try {
      const path = slug.split("/").map(encodeURIComponent).join("/");
      const answer = await fetch(this.#base + path, { redirect: "manual" });
      found = answer.status === 302 ? answer.headers.get("location") : `status ${answer.status}`;
    } catch (error) {
      found = String(error);
    }
    if (found === url) this.right++;
    else {
      this.wrong++;
      if (this.examples.length < 20) this.examples.push(`/${slug}: ${found} instead of ${url}`);
    }
  }
}
