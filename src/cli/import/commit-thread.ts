import { openCommitter } from "../../app.ts";
import type { Config } from "../../config.ts";
import { StoreDamaged } from "../../core/store.ts";
import type { Committer, WriteOp } from "../../stores/sql/operation.ts";
import type { FromThread, ToThread } from "./thread-committer.ts";

declare const self: Worker;

/** After so many commits the garbage is collected: left alone, or after 32, both threads together pass 400 MB over 1.7 million links. */
const collectAfter = 8;
let commits = 0;

/** Runs in a thread of its own: the one writer of the store, for an import that reads and checks meanwhile. */
let committer: Committer | undefined;

self.onmessage = (event: MessageEvent<ToThread>) => {
  carryOut(event.data).catch((error) => answer({ is: "failed", ...wordsFor(error) }));
};

async function carryOut(message: ToThread): Promise<void> {
  switch (message.is) {
    case "open":
      committer = openCommitter(message.config as Config);
      answer({ is: "opened" });
      return;
    case "commit":
      return commit(message.id, JSON.parse(message.ops) as WriteOp[]);
    case "close":
      await committer?.close();
      answer({ is: "closed" });
      return;
  }
}

async function commit(id: number, ops: readonly WriteOp[]): Promise<void> {
  try {
    answer({ is: "committed", id, results: JSON.stringify(await committer?.commit(ops)) });
  } catch (error) {
    answer({ is: "refused", id, ...wordsFor(error) });
  }
  if (++commits % collectAfter === 0) Bun.gc(true);
}

function wordsFor(error: unknown): { damaged: boolean; message: string } {
  return { damaged: error instanceof StoreDamaged, message: error instanceof Error ? error.message : String(error) };
}

function answer(message: FromThread): void {
  postMessage(message);
}
