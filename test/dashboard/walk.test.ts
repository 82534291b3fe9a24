/** The short form of `npm run proof -- walk`, which goes in all four looks and with both hands. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { type Server, startServer } from "../server.ts";
import { Browser, looks } from "./browser.ts";
import { keys } from "./hand.ts";
import { walk } from "./walk.ts";

describe.skipIf(!need("chromium"))("the dashboard in Chromium, from the first start to signing out", () => {
  test.each([
    { look: looks.desktopLight, hand: "pointer", axe: true },
    { look: looks.phoneDark, hand: "pointer", axe: true },
    { look: looks.phoneLight, hand: "pointer", axe: false },
    { look: looks.desktopDark, hand: "keys", axe: true },
  ] as const)("$look.name with $hand", async (options) => {
    const { stops, wrong } = await walk(options);
    expect(wrong).toEqual([]);
    expect(stops).toBeGreaterThan(20);
  });
});

describe.skipIf(!need("chromium"))("the door", () => {
  let server: Server;
  let browser: Browser;
  let link: string;
  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "1"] });
    browser = await Browser.open(looks.desktopLight, server.url.replace("127.0.0.1", "localhost"));
    link = /http:\S+\/dashboard\/setup#\w+/.exec(server.output())?.[0] ?? "";
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  test("of the first start opens once", async () => {
    const { page } = browser;
    const set = async (name: string) => {
      await page.goto("about:blank");
      await page.goto(link);
      await page.getByLabel("Name").fill(name);
      await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
      await page.getByRole("button", { name: "Set it and go in" }).click();
    };
    await set("ana");
    await page.getByText("Nothing yet").waitFor();
    await set("eve");
    await page.getByText("This link was used, or is over.").waitFor();
    expect(browser.trouble).toEqual([]);
  });

  test("with a field that has no name, or can't be reached by Tab, would not pass", async () => {
    const { page } = browser;
    await page.evaluate(
      'document.body.append(Object.assign(document.createElement("input"), { id: "bad", tabIndex: -1 }))',
    );
    expect((await browser.violations()).join()).toContain("label");
    await page.getByLabel("Name").focus();
    await expect(keys(page, 3).write(page.locator("#bad"), "x")).rejects.toThrow("Tab does not lead");
  });
});
