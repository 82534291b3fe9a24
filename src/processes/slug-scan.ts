import { setPriority } from "node:os";
import { scanSlugs } from "../stores/sql/slugs/scan.ts";

/** Marks the slugs of the store of the file named in the filter of another file; see `SlugMarks`. */
const [, , path, file] = process.argv;
if (process.send === undefined || path === undefined || file === undefined) {
  console.error("curt: this is started by curt serve, not by itself.");
  process.exit(2);
}
setPriority(10);
// Nobody would use what is made.
process.on("disconnect", () => process.exit(1));
await scanSlugs(path, file);
process.exit(0);
