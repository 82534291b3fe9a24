import { expect, test } from "bun:test";
import { type ControlConnection, calmControl } from "./control-connection.ts";

/** Does what the driver does: clears the connection, and needs it again after a while. */
function driver(fail = false) {
  let connection: object | null = {};
  const counts = { begun: 0, done: 0, broken: 0 };
  const control: ControlConnection & typeof counts = Object.assign(counts, {
    async _refresh(hosts?: unknown): Promise<void> {
      counts.begun++;
      connection = null;
      await Bun.sleep(2);
      connection = {};
      await Bun.sleep(2);
      if (connection === null) {
        counts.broken++;
        throw new TypeError("null is not an object");
      }
      if (fail && hosts === undefined && counts.begun < 3) throw new TypeError("null is not an object");
      counts.done++;
    },
  });
  return control;
}

test("several losses at once make one new connection after the other", async () => {
  const control = driver();
  calmControl(control, 1);
  const first = control._refresh();
  await Bun.sleep(3);
  await Promise.all([first, control._refresh(), control._refresh()]);
  await Bun.sleep(20);
  expect(control).toMatchObject({ begun: 2, done: 2, broken: 0 });
});

test("without that they break one another", async () => {
  const control = driver();
  const first = control._refresh();
  await Bun.sleep(3);
  expect((await Promise.allSettled([first, control._refresh()])).some((one) => one.status === "rejected")).toBe(true);
});

test("a failure is tried again and ends nothing", async () => {
  const control = driver(true);
  calmControl(control, 1);
  await control._refresh();
  await Bun.sleep(40);
  expect(control).toMatchObject({ begun: 3, done: 1 });
});
