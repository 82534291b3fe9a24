import { dlopen, type Pointer, toArrayBuffer } from "bun:ffi";
import { closeSync, fstatSync, openSync } from "node:fs";

const [readable, shared] = [1, 1];
const failed = -1;

/**
 * A file as memory that is read page by page when it is looked at, and must not be written to. It stays mapped as long as
 * the process lives. `Bun.mmap` opens every file to write, and so none of another user or of a read-only disk. Throws for
 * a file that can't be read.
 */
export function mappedFile(path: string): Buffer {
  const libc = dlopen(process.platform === "darwin" ? "libSystem.dylib" : "libc.so.6", {
    mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
  });
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const at = libc.symbols.mmap(null, BigInt(size), readable, shared, file, 0n);
    if (at === null || Number(at) === failed || Number(at) > 2 ** 63) throw new Error(`${path} can't be mapped.`);
    return Buffer.from(toArrayBuffer(at as Pointer, 0, size));
  } finally {
    closeSync(file);
    libc.close();
  }
}
