/**
 * The disk of disk.ts as a real file system: speaks the kernel's FUSE protocol (7.31, little-endian) on /dev/fuse.
 *   bun fuse.ts BACKING MOUNTPOINT EARLY SEED
 * Prints `mounted` once the kernel talks to it, and ends when it is unmounted. Needs root and mount(8). It answers
 * one request at a time, without an event loop, and keeps file locks and pages with the kernel: so several processes
 * may lock and map the same file.
 */
import { openSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { seeded } from "../ledger/random.ts";
import { Disk, DiskError, type Node } from "./disk.ts";

const op = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  mknod: 8,
  mkdir: 9,
  unlink: 10,
  rmdir: 11,
  rename: 12,
  link: 13,
  read: 15,
  write: 16,
  statfs: 17,
  fsync: 20,
  init: 26,
  readdir: 28,
  fsyncdir: 30,
  interrupt: 36,
  batchForget: 42,
  rename2: 45,
} as const;

const [backing = "", mountpoint = "", early = "0", seed = "1"] = process.argv.slice(2);
const disk = new Disk(backing, { early: Number(early), random: seeded(Number(seed)) });

const headerSize = 40;
const maxWrite = 1 << 20;
const request = Buffer.alloc(maxWrite + 64 * 1024);
const reply = Buffer.alloc(maxWrite + 4096);
const empty = Buffer.alloc(0);
/** Nobody else changes these files: the kernel may keep names and sizes for an hour. */
const keptFor = 3600n;

function writeAttributes(node: Node, out: Buffer): void {
  const seconds = BigInt(Math.floor(node.changedAt / 1000));
  const numbers = [
    BigInt(node.number),
    BigInt(node.size),
    BigInt(Math.ceil(node.size / 512)),
    seconds,
    seconds,
    seconds,
  ];
  for (const [index, value] of numbers.entries()) out.writeBigUInt64LE(value, index * 8);
  const nanoseconds = (node.changedAt % 1000) * 1_000_000;
  const rest = [nanoseconds, nanoseconds, nanoseconds, node.mode, Math.max(0, node.names), 0, 0, 0, 4096, 0];
  for (const [index, value] of rest.entries()) out.writeUInt32LE(value, 48 + index * 4);
}

function attributesOf(node: Node): Buffer {
  const out = Buffer.alloc(104);
  out.writeBigUInt64LE(keptFor, 0);
  writeAttributes(node, out.subarray(16));
  return out;
}

function entryOf(node: Node): Buffer {
  const out = Buffer.alloc(128);
  out.writeBigUInt64LE(BigInt(node.number), 0);
  out.writeBigUInt64LE(keptFor, 16);
  out.writeBigUInt64LE(keptFor, 24);
  writeAttributes(node, out.subarray(40));
  return out;
}

/** The names in a request: each ends with a zero byte. */
function namesIn(bytes: Buffer): [string, string] {
  const [first = "", second = ""] = bytes.toString("utf8").split("\0");
  return [first, second];
}

function long(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset));
}

function started(): Buffer {
  const out = Buffer.alloc(64);
  const [bigWrites, openIsNothing, manyPages, openFolderIsNothing] = [1 << 5, 1 << 17, 1 << 22, 1 << 24];
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt32LE(128 * 1024, 8);
  out.writeUInt32LE(bigWrites | openIsNothing | manyPages | openFolderIsNothing, 12);
  out.writeUInt16LE(16, 16);
  out.writeUInt16LE(12, 18);
  out.writeUInt32LE(maxWrite, 20);
  out.writeUInt32LE(1, 24);
  out.writeUInt16LE(maxWrite / 4096, 28);
  process.stdout.write("mounted\n");
  return out;
}

function list(folder: Node, from: number, limit: number): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (const [index, [name, number]] of [...folder.entries].entries()) {
    if (index < from) continue;
    const bytes = Buffer.from(name);
    const part = Buffer.alloc(Math.ceil((24 + bytes.length) / 8) * 8);
    if (length + part.length > limit) break;
    part.writeBigUInt64LE(BigInt(number), 0);
    part.writeBigUInt64LE(BigInt(index + 1), 8);
    part.writeUInt32LE(bytes.length, 16);
    part.writeUInt32LE(disk.node(number).mode >> 12, 20);
    bytes.copy(part, 24);
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts);
}

function setAttributes(number: number, body: Buffer): Buffer {
  const valid = body.readUInt32LE(0);
  if (valid & 1) disk.chmod(number, body.readUInt32LE(68));
  if (valid & 8) disk.truncate(number, long(body, 16));
  return attributesOf(disk.node(number));
}

/** The answer to a request, `undefined` where the kernel wants none, "ENOSYS" for what it then does by itself. */
function answer(code: number, number: number, body: Buffer): Buffer | "ENOSYS" | undefined {
  switch (code) {
    case op.init:
      return started();
    case op.forget:
    case op.batchForget:
    case op.interrupt:
      return undefined;
    case op.lookup:
      return entryOf(disk.lookup(number, namesIn(body)[0]));
    case op.getattr:
      return attributesOf(disk.node(number));
    case op.setattr:
      return setAttributes(number, body);
    case op.mknod:
      return entryOf(disk.create(number, namesIn(body.subarray(16))[0], body.readUInt32LE(0)));
    case op.mkdir:
      return entryOf(disk.create(number, namesIn(body.subarray(8))[0], 0o040000 | body.readUInt32LE(0)));
    case op.unlink:
    case op.rmdir:
      disk.remove(number, namesIn(body)[0]);
      return empty;
    case op.rename:
    case op.rename2: {
      const names = namesIn(body.subarray(code === op.rename ? 8 : 16));
      disk.rename(number, names[0], long(body, 0), names[1], code === op.rename2 && (body.readUInt32LE(8) & 1) === 1);
      return empty;
    }
    case op.link:
      return entryOf(disk.link(long(body, 0), number, namesIn(body.subarray(8))[0]));
    case op.read:
      return disk.read(number, long(body, 8), body.readUInt32LE(16));
    case op.write: {
      const length = body.readUInt32LE(16);
      disk.write(number, long(body, 8), body.subarray(40, 40 + length));
      const out = Buffer.alloc(8);
      out.writeUInt32LE(length, 0);
      return out;
    }
    case op.fsync:
    case op.fsyncdir:
      disk.sync(number);
      return empty;
    case op.readdir:
      return list(disk.node(number), long(body, 8), body.readUInt32LE(16));
    case op.statfs: {
      const out = Buffer.alloc(80);
      for (const offset of [0, 8, 16, 24, 32]) out.writeBigUInt64LE(1n << 24n, offset);
      for (const [offset, value] of [
        [40, 4096],
        [44, 255],
        [48, 4096],
      ] as const)
        out.writeUInt32LE(value, offset);
      return out;
    }
    default:
      return "ENOSYS";
  }
}

function send(device: number, unique: bigint, errno: number, body: Buffer): void {
  reply.writeUInt32LE(16 + body.length, 0);
  reply.writeInt32LE(-errno, 4);
  reply.writeBigUInt64LE(unique, 8);
  body.copy(reply, 16);
  try {
    writeSync(device, reply, 0, 16 + body.length);
  } catch (error) {
    // The process that asked was killed meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function serve(device: number): void {
  const mountedBy = Date.now() + 5000;
  for (;;) {
    try {
      readSync(device, request, 0, request.length, null);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENODEV") return;
      // Not mounted yet.
      if (code === "EPERM" && Date.now() < mountedBy) {
        Bun.sleepSync(1);
        continue;
      }
      if (code === "EINTR" || code === "EAGAIN" || code === "ENOENT") continue;
      throw error;
    }
    const unique = request.readBigUInt64LE(8);
    const body = request.subarray(headerSize, request.readUInt32LE(0));
    try {
      const result = answer(request.readUInt32LE(4), long(request, 16), body);
      if (result === "ENOSYS") send(device, unique, constants.errno.ENOSYS, empty);
      else if (result !== undefined) send(device, unique, 0, result);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      send(device, unique, constants.errno[error.code], empty);
    }
  }
}

const device = openSync("/dev/fuse", "r+");
// File 3 of mount(8) is the device. It is not waited for: the kernel may ask before it has ended.
const options = "fd=3,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions";
Bun.spawn(["mount", "-i", "-t", "fuse", "-o", options, "curt-powercut", mountpoint], {
  stdio: ["ignore", "ignore", "inherit", device],
});
serve(device);
disk.close();
