import { afterEach, beforeEach, describe, setDefaultTimeout } from "bun:test";
import type { Store } from "../core/store.ts";
import { describeClicks } from "./contract/clicks.ts";
import { describeClosing } from "./contract/closing.ts";
import { describeContents } from "./contract/contents.ts";
import { describeFeed } from "./contract/feed.ts";
import { describeLinks } from "./contract/links.ts";
import { describeLists } from "./contract/lists.ts";
import { describeModel } from "./contract/model.ts";
import { describeRegistry } from "./contract/registry.ts";
import { describeVisits } from "./contract/visits.ts";

/** A store with data of its own. */
export interface OpenedStore {
  readonly store: Store;
  /** Another handle on the same data, as another process would hold it. */
  another(): Promise<Store>;
  /** Closes all handles and opens the same data again. */
  reopen(): Promise<Store>;
  /** Closes all handles and removes the data. */
  dispose(): Promise<void>;
}

/** Gives the tests of a part the store of the test that runs. */
export type Current = () => OpenedStore;

/** The suite that every store passes. `open` gives a fresh one each time. */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`store ${name}`, () => {
    // Real servers, on a machine that may be busy.
    setDefaultTimeout(60_000);
    let opened: OpenedStore;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.dispose());
    const current: Current = () => opened;
    describeLinks(current);
    describeLists(current);
    describeFeed(current);
    describeRegistry(current);
    describeContents(current);
    describeModel(current);
    describeClicks(current);
    describeVisits(current);
    describeClosing(current);
  });
}
