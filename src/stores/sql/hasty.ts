import type { Committer, WriteOp, WriteResult } from "./operation.ts";

/** How long after the answer the write is made, in ms. */
const delay = 100;

/**
 * For tests, which must fail with it: answers before anything is written. What it answers is what a write that meets
 * nothing would be answered.
 */
export class HastyCommitter implements Committer {
  constructor(readonly inner: Committer) {}

  commit(ops: readonly WriteOp[]): Promise<WriteResult[]> {
    setTimeout(() => void this.inner.commit(ops).catch(() => {}), delay);
    return Promise.resolve(ops.map(hoped));
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

function hoped(op: WriteOp): WriteResult {
  switch (op.op) {
    case "insert":
      return { outcome: "inserted", doc: null };
    case "replace":
      return { outcome: "replaced" };
    case "adopt":
    case "adoptDocument":
      return { outcome: "adopted" };
    case "put":
      return { outcome: "stored" };
    case "remove":
      return { outcome: "removed", found: true };
  }
}
