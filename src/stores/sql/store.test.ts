import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore } from "../contract.ts";
import { LocalCommitter } from "./committer.ts";
import { openSqliteStore, type SqliteStore } from "./store.ts";

describeStore("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "curt-store-"));
  const path = join(folder, "links.db");
  let committer = LocalCommitter.open(path);
  const handles: SqliteStore[] = [];
  const another = () => {
    const store = openSqliteStore({ path, committer });
    handles.push(store);
    return Promise.resolve(store);
  };
  const closeAll = async () => {
    for (const store of handles.splice(0)) await store.close();
    await committer.close();
  };
  return {
    store: await another(),
    another,
    reopen: async () => {
      await closeAll();
      committer = LocalCommitter.open(path);
      return another();
    },
    dispose: async () => {
      await closeAll();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
