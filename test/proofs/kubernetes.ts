/**
 * The Kubernetes manifests against the schemas of Kubernetes itself, which the Python package kubernetes-validate brings
 * with it: strictly, so that an unknown field is an error.
 *   npm run proof -- kubernetes
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";

const version = "1.37.0";
/** The oldest and the newest Kubernetes that is promised. */
const kubernetes = ["1.30", "1.34"];

const root = join(import.meta.dir, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "curt-kubernetes-"));
try {
  const run = (...words: string[]) =>
    Bun.spawnSync(words, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).exitCode;
  if (run("python3", "-m", "venv", folder) !== 0) throw new Error("Python 3 with venv is needed.");
  if (run(join(folder, "bin", "pip"), "-q", "install", `kubernetes-validate==${version}`) !== 0)
    throw new Error("kubernetes-validate could not be installed.");
  const files = [...new Glob("deploy/kubernetes/*/*.yaml").scanSync({ cwd: root })].filter(
    (file) => !file.includes("kustomization"),
  );
  const bad = kubernetes.flatMap((release) =>
    files.filter((file) => run(join(folder, "bin", "kubernetes-validate"), "--strict", "-k", release, file) !== 0),
  );
  console.log(
    bad.length === 0
      ? `${files.length} manifests are valid on ${kubernetes.join(" and ")}.`
      : `Not valid: ${bad.join(", ")}`,
  );
  process.exitCode = bad.length === 0 && files.length > 5 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
