import { setPriority } from "node:os";
import { verify } from "../stores/sql/scrub.ts";

/** Rows looked at in one go, and the pause after it in ms: some thousands of rows a second. */
const pace = { slice: 200, pause: 20 } as const;

/** Looks once at all that the store of the file named holds, with what processor time nobody else wants. */
async function scrub(path: string, toMain: (damages: unknown) => void): Promise<void> {
  setPriority(19);
  // Nobody would hear what is found.
  process.on("disconnect", () => process.exit(0));
  toMain(await verify(path, pace));
}

const [, , path] = process.argv;
if (process.send === undefined || path === undefined) {
  console.error("curt: the scrub is started by curt serve, not by itself. To check a store: curt doctor.");
  process.exit(2);
}
await scrub(path, process.send.bind(process));
