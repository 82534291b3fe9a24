/** What the page does besides the walks: QR codes with a logo, live counts, many links at once, files out, previews. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jsQR from "jsqr";
import { pictureFile, readPng } from "../../src/http/png.ts";
import { ask, follow } from "../client.ts";
import { need } from "../install.ts";
import { type Server, startServer } from "../server.ts";
import { Browser, looks } from "./browser.ts";

const password = "correct horse battery";

describe.skipIf(!need("chromium"))("in the dashboard", () => {
  const folder = mkdtempSync(join(tmpdir(), "curt-features-"));
  let server: Server;
  let origin: string;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "1"] });
    origin = server.url.replace("127.0.0.1", "localhost");
    await ask(server, "PUT", "/api/v1/users/ana", { password, scopes: ["admin"] });
    for (const slug of ["one", "two", "three"])
      await ask(server, "POST", "/api/v1/links", { url: `https://example.com/${slug}?x=%C3%A4`, slug });
    browser = await Browser.open(looks.desktopLight, origin);
    const { page } = browser;
    await page.goto(`${origin}/dashboard`);
    await page.getByLabel("Name").fill("ana");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("What to shorten").waitFor();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  test("a QR code has colours and a logo, is read back, and a logo that is none is refused", async () => {
    const { page } = browser;
    const logo = join(folder, "logo.png");
    const pixels = new Uint8Array(300 * 200 * 4).map((_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256));
    writeFileSync(logo, await pictureFile({ width: 300, height: 200, pixels }));
    const hostile = join(folder, '"><img src=x onerror=alert(1)>.png');
    writeFileSync(hostile, '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');

    await page.goto(`${origin}/dashboard/links/one`);
    await page.getByRole("button", { name: "Change" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.locator("img").waitFor();
    const first = await dialog.locator("img").getAttribute("src");
    await dialog.locator("input[type=file]").setInputFiles(hostile);
    await dialog.getByText("Not a picture that can be read. PNG, JPEG or WebP.").waitFor();
    await dialog.locator("input[type=file]").setInputFiles(logo);
    await dialog.getByText("logo.png").waitFor();
    await dialog.locator(`img:not([src="${first}"])`).waitFor();
    expect(await dialog.getByRole("radio", { name: "M" }).isDisabled()).toBe(true);
    await dialog.getByRole("textbox", { name: "Dark" }).fill("ffd62e");
    await dialog.getByText("Too little contrast to scan.").waitFor();
    await dialog.getByRole("textbox", { name: "Dark" }).fill("5a3c00");
    await dialog.getByText("Too little contrast to scan.").waitFor({ state: "hidden" });
    expect(await browser.violations()).toEqual([]);
    await browser.picture("qr");

    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "PNG" }).click();
    const saved = join(folder, "saved.png");
    await (await download).saveAs(saved);
    const code = await readPng(readFileSync(saved), 2048);
    expect(jsQR(new Uint8ClampedArray(code.pixels), code.width, code.height)?.data).toBe(`${origin}/one`);
    await page.keyboard.press("Escape");
    expect(browser.trouble).toEqual([]);
  }, 120_000);

  test("counts rise as visitors come, a page that nobody sees listens to nothing, and places are credited", async () => {
    const { page } = browser;
    let streams = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/clicks/live")) streams++;
    });
    await page.goto(`${origin}/dashboard/overview`);
    await page.getByText("By state").waitFor();
    await page.locator(".figure .live").waitFor();
    for (let i = 0; i < 3; i++) await follow(server, "/two");
    await page.locator(".figure").filter({ hasText: "Now" }).getByText("3").first().waitFor();
    await page.getByRole("link", { name: "/three" }).waitFor();
    const credit = page.getByRole("link", { name: "IP Geolocation by DB-IP" }).first();
    expect(await credit.getAttribute("href")).toBe("https://db-ip.com");
    expect(streams).toBe(1);
    const seen = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, "visibilityState", { configurable: true, get: () => ${JSON.stringify(state)} });` +
          'document.dispatchEvent(new Event("visibilitychange"))',
      );
    await seen("hidden");
    await page.getByText("not live just now").waitFor();
    await follow(server, "/two");
    await seen("visible");
    await page.locator(".figure").filter({ hasText: "Now" }).getByText("4").first().waitFor();
    expect(streams).toBe(2);
    // Counted with the links, when somebody asks anew.
    await page.reload();
    await page.getByRole("table", { name: "Most used" }).getByRole("link", { name: "/two" }).waitFor();
    expect(await browser.violations()).toEqual([]);
    expect(browser.trouble).toEqual([]);
  }, 120_000);

  test("many links are switched, tagged and exported at once, with a way back", async () => {
    const { page } = browser;
    const choose = async (slug: string) => {
      const row = page.getByRole("row").filter({ hasText: `example.com/${slug}` });
      await row.locator(".c-made").click();
      await page.keyboard.press("x");
      await row.locator("input:checked").waitFor();
    };
    await page.goto(`${origin}/dashboard`);
    await choose("one");
    await choose("two");
    await page.getByRole("button", { name: "Switch off" }).click();
    await page.getByText("Switched off 2 links.").waitFor();
    const stateOf = async (slug: string) => (await ask(server, "GET", `/api/v1/links/${slug}`)).body.state;
    expect([await stateOf("one"), await stateOf("two"), await stateOf("three")]).toEqual([
      "disabled",
      "disabled",
      "active",
    ]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForResponse((answer) => answer.url().endsWith("/links/changes"));
    expect([await stateOf("one"), await stateOf("two")]).toEqual(["active", "active"]);

    await choose("two");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export", exact: true }).click();
    const saved = join(folder, "chosen.csv");
    await (await download).saveAs(saved);
    expect(readFileSync(saved, "utf8").trimEnd().split("\n")).toHaveLength(2);
    expect(browser.trouble).toEqual([]);
  }, 120_000);

  test("a file that breaks off is not saved, and it is said", async () => {
    const { page } = browser;
    await page.goto(`${origin}/dashboard/import`);
    await page.route("**/api/v1/export*", (route) => route.abort());
    await page.getByRole("button", { name: "As JSON Lines" }).click();
    await page.getByText("Broke off, and nothing was saved.").waitFor();
    await page.unroute("**/api/v1/export*");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "As JSON Lines" }).click();
    const saved = join(folder, "all.jsonl");
    await (await download).saveAs(saved);
    const lines = readFileSync(saved, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).slug)).toEqual(["one", "two", "three"]);
    expect(browser.trouble).toEqual([]);
  }, 120_000);

  test("the history says each change with before and after, and goes back", async () => {
    const { page } = browser;
    await ask(server, "PATCH", "/api/v1/links/three", { title: "Before", note: "n" });
    await ask(server, "PATCH", "/api/v1/links/three", { title: "After", maxClicks: 5000 });
    await page.goto(`${origin}/dashboard/links/three`);
    const last = page.locator(".history li").first();
    await last.getByText("Title changed").waitFor();
    await last.getByText("Before", { exact: true }).waitFor();
    await last.getByText("After", { exact: true }).waitFor();
    await last.getByText("5,000").waitFor();
    await last.getByRole("button", { name: "Undo" }).click();
    await page.locator(".facts").getByText("Before").waitFor();
    expect((await ask(server, "GET", "/api/v1/links/three")).body.title).toBe("Before");
    await page.locator(".history").getByText("Made").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "1 older" }).click();
    await page.locator(".history").getByText("Made").waitFor();
    expect(browser.trouble).toEqual([]);
  }, 120_000);

  test("a preview copies the address under a strict policy, and is whole without script", async () => {
    const { page } = browser;
    await page.goto(`${origin}/one+`);
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("https://example.com/one?x=%C3%A4");
    expect(await browser.violations()).toEqual([]);
    expect(browser.trouble).toEqual([]);
  }, 60_000);
});
