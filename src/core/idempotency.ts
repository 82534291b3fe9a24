import { CurtError } from "./errors.ts";
import type { LinkRecord } from "./link.ts";
import type { LinkInput, Links } from "./links.ts";
import type { Document, Registry } from "./store.ts";

export interface IdempotencyOptions {
  readonly registry: Registry;
  readonly links: Pick<Links, "draft" | "proposal" | "place" | "findSame">;
  /** In ms. */
  readonly now: () => number;
  /** A fresh creation token. */
  readonly token: () => string;
  readonly sha256: (text: string) => string;
}

/** What a create came to. */
export interface Made {
  readonly link: LinkRecord;
  readonly isNew: boolean;
}

/** One create that may be asked for again. */
export interface Asked<Answer> {
  /** Whose `Idempotency-Key` it is: keys of different owners have nothing to do with each other. */
  readonly owner: string;
  readonly key: string;
  readonly input: LinkInput;
  readonly reuse: boolean;
  /** Makes the answer, which must survive JSON; it is kept and given again. */
  readonly answer: (made: Made) => Promise<Answer>;
}

/** What is kept before the link is made, so that a repeated request finds its own link and makes no other. */
interface Kept<Answer> {
  readonly bodyHash: string;
  readonly token: string;
  readonly slug: string;
  readonly attempt: number;
  readonly answer?: Answer;
}

const kind = "idempotency";
const keptFor = 86_400_000;
/** How often a create begins again because another request with its key was faster. */
const mostRounds = 100;

/** Creates that are carried out once, however often and from wherever they are repeated within 24 hours. */
export class Idempotency {
  readonly #options: IdempotencyOptions;

  constructor(options: IdempotencyOptions) {
    this.#options = options;
  }

  /**
   * The first answer to this create. Throws `CurtError`: `idempotency_mismatch` where the key came with another input
   * before, and what a create throws. Errors are not kept: the next request with the key tries again.
   */
  async create<Answer>(asked: Asked<Answer>): Promise<Answer> {
    const { registry, links, sha256 } = this.#options;
    links.draft(asked.input);
    const id = sha256(`${asked.owner}\n${asked.key}`);
    const bodyHash = sha256(JSON.stringify([asked.input, asked.reuse]));
    for (let round = 0; round < mostRounds; round++) {
      const document = await registry.get(kind, id);
      if (document === undefined) {
        await this.#begin(id, bodyHash, asked);
        continue;
      }
      const kept = JSON.parse(document.value) as Kept<Answer>;
      if (kept.bodyHash !== bodyHash)
        throw new CurtError("idempotency_mismatch", "This Idempotency-Key came with another body before.");
      if (kept.answer !== undefined) return kept.answer;
      await this.#carryOn(document, kept, asked);
    }
    throw new CurtError("internal", "Too many requests with one Idempotency-Key at once.");
  }

  async #begin<Answer>(id: string, bodyHash: string, asked: Asked<Answer>): Promise<void> {
    const { links, now, token } = this.#options;
    const same = asked.reuse ? await links.findSame(asked.input) : undefined;
    const kept: Kept<Answer> =
      same === undefined
        ? { bodyHash, token: token(), slug: await links.proposal(links.draft(asked.input), 0), attempt: 0 }
        : {
            bodyHash,
            token: "",
            slug: same.slug,
            attempt: 0,
            answer: await asked.answer({ link: same, isNew: false }),
          };
    await this.#options.registry.put({
      kind,
      id,
      value: JSON.stringify(kept),
      version: 1,
      expiresAt: now() + keptFor,
    });
  }

  /** One step from what is kept: the link, and then its answer; or the next slug, where this one is somebody else's. */
  async #carryOn<Answer>(document: Document, kept: Kept<Answer>, asked: Asked<Answer>): Promise<void> {
    const { links, registry } = this.#options;
    const draft = links.draft({ ...asked.input, token: kept.token });
    const result = await links.place(draft, kept.slug);
    if (result === "try another") {
      const attempt = kept.attempt + 1;
      await this.#replace(document, { ...kept, attempt, slug: await links.proposal(draft, attempt) });
      return;
    }
    if (result.outcome === "failed") {
      const now = await registry.get(kind, document.id);
      // Another request with this key was answered meanwhile: its answer is this one's too.
      if (now !== undefined && now.version !== document.version) return;
      throw result.error;
    }
    const answer = await asked.answer({ link: result.link, isNew: result.outcome === "created" });
    await this.#replace(document, { ...kept, answer });
  }

  /** Whether it went in or another was faster shows when it is read again. */
  async #replace(document: Document, kept: Kept<unknown>): Promise<void> {
    await this.#options.registry.put({ ...document, value: JSON.stringify(kept), version: document.version + 1 });
  }
}
