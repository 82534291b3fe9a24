import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const blockSize = 4096;
const typeMask = 0o170000;
const folderType = 0o040000;
/** The number of the top folder, which FUSE fixes. */
export const topNumber = 1;

/** One file or folder. What a process sees is here in memory; what a power cut leaves is in the backing folder. */
export interface Node {
  readonly number: number;
  mode: number;
  names: number;
  changedAt: number;
  /** Files: the first `size` bytes of `bytes` are the content. */
  bytes: Buffer;
  size: number;
  readonly dirty: Set<number>;
  /** Folders: number of the node by name. */
  readonly entries: Map<string, number>;
}

/** Thrown with the name of the system's error, such as `ENOENT`. */
export class DiskError extends Error {
  constructor(readonly code: "ENOENT" | "EEXIST" | "ENOTEMPTY" | "ENOTDIR" | "EISDIR") {
    super(code);
  }
}

export interface DiskOptions {
  /**
   * The share of written blocks (0 to 1) that reach the backing folder at once and in no order, as when a kernel
   * writes back early. The rest waits for its fsync.
   */
  readonly early: number;
  readonly random: () => number;
}

/**
 * A disk that forgets. The backing folder holds one object for each file (`12`) and a list for each folder
 * (`12.json`). Contents and sizes of a file reach it when that file is synced, names and modes when their folder is
 * synced, and nothing else does: a file that was synced in a folder that was not is gone, a name that was synced
 * before its file is an empty file, a rename may come back.
 */
export class Disk {
  readonly #nodes = new Map<number, Node>();
  readonly #objects = new Map<number, number>();
  readonly #backing: string;
  readonly #options: DiskOptions;
  #last = topNumber;

  /** Opens what the last cut left in `backing`, a folder that exists. */
  constructor(backing: string, options: DiskOptions) {
    this.#backing = backing;
    this.#options = options;
    const top = this.#load(topNumber, folderType | 0o755);
    top.names = 2;
    for (const file of readdirSync(backing))
      if (!this.#nodes.has(Number.parseInt(file, 10))) rmSync(join(backing, file));
  }

  #load(number: number, mode: number): Node {
    const known = this.#nodes.get(number);
    if (known !== undefined) {
      known.names++;
      return known;
    }
    const node = this.#add(number, mode);
    this.#last = Math.max(this.#last, number);
    if (isFolder(node)) {
      const list = join(this.#backing, `${number}.json`);
      const entries: [string, number, number][] = existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : [];
      for (const [name, child, childMode] of entries) {
        node.entries.set(name, child);
        this.#load(child, childMode);
      }
    } else if (existsSync(join(this.#backing, `${number}`))) {
      node.bytes = readFileSync(join(this.#backing, `${number}`));
      node.size = node.bytes.length;
    }
    return node;
  }

  #add(number: number, mode: number): Node {
    const names = (mode & typeMask) === folderType ? 2 : 1;
    const bytes = Buffer.alloc(0);
    const changedAt = Date.now();
    const node: Node = { number, mode, names, changedAt, bytes, size: 0, dirty: new Set(), entries: new Map() };
    this.#nodes.set(number, node);
    return node;
  }

  node(number: number): Node {
    const node = this.#nodes.get(number);
    if (node === undefined) throw new DiskError("ENOENT");
    return node;
  }

  lookup(folder: number, name: string): Node {
    const number = this.node(folder).entries.get(name);
    if (number === undefined) throw new DiskError("ENOENT");
    return this.node(number);
  }

  /** Makes a file, folder or socket: whatever the type in `mode` says. */
  create(folder: number, name: string, mode: number): Node {
    const parent = this.node(folder);
    if (!isFolder(parent)) throw new DiskError("ENOTDIR");
    if (parent.entries.has(name)) throw new DiskError("EEXIST");
    const node = this.#add(++this.#last, mode);
    parent.entries.set(name, node.number);
    this.#changed(parent);
    return node;
  }

  link(number: number, folder: number, name: string): Node {
    const parent = this.node(folder);
    if (parent.entries.has(name)) throw new DiskError("EEXIST");
    const node = this.node(number);
    node.names++;
    parent.entries.set(name, number);
    this.#changed(parent);
    return node;
  }

  /** Removes a name. The node stays for whoever has it open. */
  remove(folder: number, name: string): void {
    const node = this.lookup(folder, name);
    if (node.entries.size > 0) throw new DiskError("ENOTEMPTY");
    node.names -= isFolder(node) ? 2 : 1;
    const parent = this.node(folder);
    parent.entries.delete(name);
    this.#changed(parent);
  }

  /** Renames over whatever has the new name, unless `exclusive`. */
  rename(from: number, name: string, to: number, newName: string, exclusive: boolean): void {
    const node = this.lookup(from, name);
    const there = this.node(to).entries.get(newName);
    if (there === node.number) return;
    if (there !== undefined && exclusive) throw new DiskError("EEXIST");
    if (there !== undefined) this.remove(to, newName);
    this.node(from).entries.delete(name);
    this.node(to).entries.set(newName, node.number);
    this.#changed(this.node(from));
    this.#changed(this.node(to));
  }

  read(number: number, offset: number, length: number): Buffer {
    const node = this.node(number);
    return node.bytes.subarray(Math.min(offset, node.size), Math.min(offset + length, node.size));
  }

  write(number: number, offset: number, data: Buffer): void {
    const node = this.node(number);
    if (isFolder(node)) throw new DiskError("EISDIR");
    const end = offset + data.length;
    reserve(node, end);
    data.copy(node.bytes, offset);
    node.size = Math.max(node.size, end);
    node.changedAt = Date.now();
    for (let block = Math.floor(offset / blockSize); block * blockSize < end; block++) {
      node.dirty.add(block);
      if (this.#options.random() < this.#options.early) this.#flush(node, block, block + 1);
    }
  }

  truncate(number: number, size: number): void {
    const node = this.node(number);
    reserve(node, size);
    if (size < node.size) node.bytes.fill(0, size, node.size);
    // What is cut off is dirty too: should the file grow again, zeros must go over what the backing folder has there.
    for (let block = Math.floor(size / blockSize); block * blockSize < node.size; block++) node.dirty.add(block);
    node.size = size;
    node.changedAt = Date.now();
  }

  chmod(number: number, mode: number): void {
    const node = this.node(number);
    node.mode = (node.mode & typeMask) | (mode & ~typeMask);
  }

  /** What a process waits for in fsync: from here on a cut leaves this content, or this list of names. */
  sync(number: number): void {
    const node = this.node(number);
    if (isFolder(node)) {
      const list = [...node.entries].map(([name, child]) => [name, child, this.node(child).mode]);
      const path = join(this.#backing, `${number}.json`);
      writeFileSync(`${path}.new`, JSON.stringify(list));
      renameSync(`${path}.new`, path);
      return;
    }
    const blocks = [...node.dirty].sort((one, other) => one - other);
    for (let start = 0, end = 1; start < blocks.length; start = end++) {
      const first = blocks[start] ?? 0;
      while (blocks[end] === first + end - start) end++;
      this.#flush(node, first, first + end - start);
    }
    node.dirty.clear();
    ftruncateSync(this.#object(number), node.size);
  }

  #changed(folder: Node): void {
    folder.changedAt = Date.now();
    if (this.#options.random() < this.#options.early) this.sync(folder.number);
  }

  #object(number: number): number {
    const open = this.#objects.get(number);
    if (open !== undefined) return open;
    const path = join(this.#backing, `${number}`);
    const file = openSync(path, existsSync(path) ? "r+" : "w+");
    this.#objects.set(number, file);
    return file;
  }

  #flush(node: Node, first: number, end: number): void {
    const until = Math.min(end * blockSize, node.size);
    let at = first * blockSize;
    while (at < until) at += writeSync(this.#object(node.number), node.bytes, at, until - at, at);
  }

  close(): void {
    for (const file of this.#objects.values()) closeSync(file);
  }
}

export function isFolder(node: Node): boolean {
  return (node.mode & typeMask) === folderType;
}

function reserve(node: Node, size: number): void {
  if (size <= node.bytes.length) return;
  const grown = Buffer.alloc(Math.max(size, 2 * node.bytes.length, 64 * 1024));
  node.bytes.copy(grown, 0, 0, node.size);
  node.bytes = grown;
}
