/** The image, where there is a container engine (long form: npm run proof -- image). */
import { describe, expect, test } from "bun:test";
import { imageProof, missed } from "./proofs/image.ts";

/** The words that start an engine which works, or `undefined`, having said why. */
function containerEngine(): string[] | undefined {
  const named = process.env.CONTAINER_ENGINE?.split(" ");
  const words = named ?? ["docker"];
  const works = Bun.which(words[0] ?? "") !== null && Bun.spawnSync([...words, "info"]).exitCode === 0;
  if (works && process.platform === "linux") return words;
  console.log(
    `The image is not tested: ${words.join(" ")} is not here or does not answer. Another: CONTAINER_ENGINE="sudo podman" npm test -- image`,
  );
  return undefined;
}

const engine = containerEngine();

describe.skipIf(engine === undefined)("the image", () => {
  test("is small, can't write its root, is healthy, ends in order under load, and keeps its data", async () => {
    const result = await imageProof({ engine: engine ?? [], image: process.env.CONTAINER_IMAGE, log: console.log });
    console.log(JSON.stringify(result));
    expect(missed(result)).toEqual([]);
  }, 900_000);
});
