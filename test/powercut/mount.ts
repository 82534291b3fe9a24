import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lifeline } from "../../deploy/processes/lifeline.ts";

/** Why a power cut cannot be played here, or `undefined` where it can. */
export function whyNoPowercut(): string | undefined {
  if (process.platform !== "linux") return `It needs Linux; this is ${process.platform}.`;
  if (process.getuid?.() !== 0) return "Mounting a file system needs root.";
  if (Bun.which("mount") === null) return "mount(8) is missing: apt-get install mount.";
  try {
    closeSync(openSync("/dev/fuse", "r+"));
  } catch (error) {
    return `/dev/fuse cannot be opened (${(error as Error).message}): load the kernel's fuse module (modprobe fuse).`;
  }
  return undefined;
}

export interface PowercutOptions {
  /** Share (0 to 1) of what was written and not synced that survives the next cut all the same; 0 by default. */
  readonly early?: number;
  /** What decides which share. */
  readonly seed?: number;
}

/** A mounted disk that forgets what was not synced when its power is cut. See disk.ts for what that means exactly. */
export class PowercutDisk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #folder: string;
  #process: Bun.Subprocess | undefined;
  readonly #forgetLifeline: () => void;

  private constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "curt-powercut-"));
    this.path = join(this.#folder, "disk");
    mkdirSync(this.path);
    mkdirSync(this.#backing);
    const script = 'umount -l "$1/disk"; rmdir "$1/disk"; rm -rf -- "$1/backing"; rmdir "$1"';
    this.#forgetLifeline = lifeline(script, [this.#folder]);
  }

  /** A new, empty disk. Throws where `whyNoPowercut` says so. */
  static async mount(options: PowercutOptions = {}): Promise<PowercutDisk> {
    const reason = whyNoPowercut();
    if (reason !== undefined) throw new Error(`No power cut can be played here. ${reason}`);
    const disk = new PowercutDisk();
    try {
      await disk.powerOn(options);
      return disk;
    } catch (error) {
      rmSync(disk.#folder, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Takes the power away: from here on nothing reaches the disk, and whoever still uses it gets errors. Kill those
   * processes at once, then `powerOn`.
   */
  cut(): void {
    this.#process?.kill("SIGKILL");
  }

  /** Mounts what the last cut left. */
  async powerOn(options: PowercutOptions = {}): Promise<void> {
    if (this.#process !== undefined) {
      await this.#process.exited;
      unmount(this.path);
    }
    const script = join(import.meta.dir, "fuse.ts");
    const { early = 0, seed = 1 } = options;
    const command = [process.execPath, script, this.#backing, this.path, `${early}`, `${seed}`];
    const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#process = child;
    const { value } = await child.stdout.getReader().read();
    if (value === undefined)
      throw new Error(`The disk could not be mounted: ${await new Response(child.stderr).text()}`);
  }

  /** Unmounts and removes everything. */
  async remove(): Promise<void> {
    this.cut();
    await this.#process?.exited;
    unmount(this.path);
    this.#forgetLifeline();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #backing(): string {
    return join(this.#folder, "backing");
  }
}

/** Lazily: whoever still has a file open keeps a file system that answers nothing but errors. */
function unmount(path: string): void {
  const result = Bun.spawnSync(["umount", "-l", path], { stderr: "pipe" });
  if (!result.success) throw new Error(`umount failed: ${result.stderr.toString().trim()}`);
}
