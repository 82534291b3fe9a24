import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jsQR from "jsqr";
import { ask, follow, type LinkBody } from "../client.ts";
import { need } from "../install.ts";
import { type Server, startServer } from "../server.ts";
import { Browser, looks } from "./browser.ts";

const password = "correct horse battery";
/** What must stay text wherever it is shown. */
const hostile = [
  '<img src=x onerror="alert(1)">',
  '"><script>alert(2)</script>',
  "javascript:alert(3)",
  "{{constructor.constructor('alert(4)')()}}",
  "=cmd|' /C calc'!A0",
  "\u202Eevil\u202C <b>bold</b> &amp; 'quote'",
];

describe.skipIf(!need("chromium"))("the pages of the dashboard", () => {
  const folder = mkdtempSync(join(tmpdir(), "curt-pages-"));
  let server: Server;
  let origin: string;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "1"] });
    origin = server.url.replace("127.0.0.1", "localhost");
    browser = await Browser.open(looks.desktopLight, origin);
    const { page } = browser;
    await page.goto(/http:\S+\/dashboard\/setup#\w+/.exec(server.output())?.[0] ?? "");
    await page.getByLabel("Name").fill("ana");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Set it and go in" }).click();
    await page.getByText("Nothing yet").waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  test("a file goes in with a preview, what stays out has its reason, and everything comes out again", async () => {
    const { page } = browser;
    const file = join(folder, "from elsewhere.csv");
    const rows = hostile.map((text, i) => `in-${i},https://example.com/${i},"${text.replaceAll('"', '""')}"`);
    writeFileSync(file, `Keyword,Long URL,Title\n${rows.join("\n")}\nout-1,not an address,Bad\n`);
    await page.goto(`${origin}/dashboard/import`);
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByText("from elsewhere.csv, 7 rows").waitFor();
    expect(await browser.violations()).toEqual([]);
    await browser.picture("import");
    await page.getByRole("button", { name: "Import 7 links" }).click();
    await page.getByText("6 in, 1 out.").waitFor();
    await page.getByText("not an address").waitFor();
    for (const [i, title] of hostile.entries())
      expect((await ask(server, "GET", `/api/v1/links/in-${i}`)).body.title).toBe(title);

    // The same file again finds its own links.
    await page.getByRole("button", { name: "Another file" }).click();
    await page.locator("input[type=file]").setInputFiles(file);
    await page.getByRole("button", { name: "Import 7 links" }).click();
    await page.getByText("6 in, 1 out.").waitFor();
    expect((await ask<{ links: LinkBody[] }>(server, "GET", "/api/v1/links?limit=100")).body.links).toHaveLength(6);

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export all links" }).click();
    const saved = join(folder, "out.csv");
    await (await download).saveAs(saved);
    const text = readFileSync(saved, "utf8");
    expect(text.split("\n").length).toBeGreaterThanOrEqual(8);
    expect(text).toContain(`'=cmd|' /C calc'!A0`);
    expect(browser.trouble).toEqual([]);
  });

  test("what others wrote is text on every page", async () => {
    const { page } = browser;
    for (const [i, text] of hostile.entries())
      await ask(server, "PATCH", `/api/v1/links/in-${i}`, { note: text, tags: [text.slice(0, 60)] });
    await page.goto(`${origin}/dashboard`);
    await page.getByText('<img src=x onerror="alert(1)">').first().waitFor();
    expect(await browser.violations()).toEqual([]);
    for (const [i, text] of hostile.entries()) {
      await page.goto(`${origin}/dashboard/links/in-${i}`);
      await page.locator(".facts").getByText(text, { exact: true }).first().waitFor();
    }
    await page.goto(`${origin}/dashboard?search=${encodeURIComponent('"><img src=x onerror=alert(5)>')}`);
    await page.getByText("Nothing for").waitFor();
    await page.goto(`${origin}/dashboard/links/${encodeURIComponent("<img src=x>")}`);
    await page.getByText("It was deleted, or never made.").waitFor();
    expect(browser.trouble).toEqual([]);
  });

  test("its QR code reads back as its address", async () => {
    const { page } = browser;
    await page.goto(`${origin}/dashboard/links/in-0`);
    await page.locator(".qr-body img").waitFor();
    const pixels = (await page.evaluate(`(async () => {
      const img = document.querySelector(".qr-body img");
      await img.decode();
      const canvas = new OffscreenCanvas(256, 256);
      const context = canvas.getContext("2d");
      context.drawImage(img, 0, 0, 256, 256);
      return [...context.getImageData(0, 0, 256, 256).data];
    })()`)) as number[];
    expect(jsQR(Uint8ClampedArray.from(pixels), 256, 256)?.data).toBe(`${origin}/in-0`);
  });

  test("a link that nobody followed says so, and the chart is gone through by keys", async () => {
    const { page } = browser;
    await page.goto(`${origin}/dashboard/links/in-0?range=24h`);
    await page.getByText("No clicks in this range.").waitFor();
    const chart = page.getByRole("slider", { name: "Clicks over time" });
    await chart.press("End");
    expect(await chart.getAttribute("aria-valuetext")).toContain("0 clicks, 0 visitors, 0 bots");
    expect(await browser.violations()).toEqual([]);
    await page.goto(`${origin}/dashboard/overview?range=24h`);
    await page.getByText("No clicks in this range.").waitFor();
    expect(await browser.violations()).toEqual([]);
    await browser.picture("overview", true);
    expect(browser.trouble).toEqual([]);
  });

  test("clicks are seen within seconds, bots apart", async () => {
    const { page } = browser;
    const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    for (let i = 0; i < 3; i++)
      await follow(server, "in-1", { "user-agent": firefox, referer: "https://example.net/" });
    await follow(server, "in-1", { "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)" });
    await page.goto(`${origin}/dashboard/links/in-1?range=24h`);
    await page.getByText("4 redirects answered").waitFor();
    const figure = (name: string) => page.locator(".figure").filter({ hasText: name }).locator(".value");
    await figure("Clicks").first().getByText("3", { exact: true }).waitFor();
    await figure("apart, not in clicks").getByText("1", { exact: true }).waitFor();
    await page.locator(".breakdown").getByText("example.net").waitFor();
    await page.locator(".visits").getByText("Firefox").first().waitFor();
    const chart = page.getByRole("slider", { name: "Clicks over time" });
    await chart.press("End");
    expect(await chart.getAttribute("aria-valuetext")).toContain("3 clicks, 1 visitors, 1 bots");
    expect(await browser.violations()).toEqual([]);
    await browser.picture("statistics", true);
    expect(browser.trouble).toEqual([]);
  });

  test("a key is shown once, works, and is deleted", async () => {
    const { page } = browser;
    await page.goto(`${origin}/dashboard/keys`);
    await page.getByRole("button", { name: "Make a key" }).click();
    await page.getByLabel("What it is for").fill("the tests");
    expect(await browser.violations()).toEqual([]);
    await page.getByRole("button", { name: "Make it" }).click();
    const key = (await page.locator(".fresh-key code").textContent()) ?? "";
    expect((await ask({ url: server.url, key }, "GET", "/api/v1/links")).status).toBe(200);
    await browser.picture("keys");
    await page.getByRole("button", { name: "Delete the tests?" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("Deleted the tests.").waitFor();
    expect((await ask({ url: server.url, key }, "GET", "/api/v1/links")).status).toBe(401);
    expect(browser.trouble).toEqual([]);
  });

  test("settings show where they come from; theme and language are kept", async () => {
    const { page } = browser;
    await page.goto(`${origin}/dashboard/settings`);
    await page.getByText("CURT_WORKERS").waitFor();
    expect(await browser.violations()).toEqual([]);
    await page.getByText("dark", { exact: true }).click();
    await page.getByText("Deutsch", { exact: true }).click();
    await page.getByText("Dieser Server").waitFor();
    await page.reload();
    await page.getByText("Dieser Server").waitFor();
    expect(await page.evaluate("document.documentElement.dataset.theme")).toBe("dark");
    expect(await page.evaluate("document.documentElement.lang")).toBe("de");
    await browser.picture("settings");
    await page.getByText("English", { exact: true }).click();
    await page.getByText("system", { exact: true }).click();
    expect(browser.trouble).toEqual([]);
  });

  test("all of it with the keyboard alone", async () => {
    const { page } = browser;
    const { keyboard } = page;
    await page.goto(`${origin}/dashboard`);
    await page.getByText("in-5").first().waitFor();
    // The field has the focus on arrival.
    await keyboard.type("https://example.com/by/keys by-keys #keys");
    await keyboard.press("Enter");
    await page.getByText("On your clipboard.").waitFor();
    await keyboard.press("Escape");
    await keyboard.press("j");
    await page.locator(".row.cursor").getByText("by-keys").waitFor();
    await keyboard.press("x");
    await page.getByText("1 chosen").waitFor();
    await keyboard.press("Escape");
    await page.getByLabel("Search links").waitFor();
    await keyboard.press("d");
    await page.getByText("Switched off /by-keys.").waitFor();
    await keyboard.press("z");
    await page.getByText("Undone.").waitFor();
    expect((await ask(server, "GET", "/api/v1/links/by-keys")).body.state).toBe("active");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "by-keys" }).waitFor();
    await keyboard.press("e");
    const target = page.getByLabel("Target");
    await target.waitFor();
    await keyboard.press("Control+a");
    await keyboard.type("https://example.com/by/keys/again");
    await keyboard.press("Enter");
    await page.getByText("Target changed.").first().waitFor();
    expect((await ask(server, "GET", "/api/v1/links/by-keys")).body.url).toBe("https://example.com/by/keys/again");
    await keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await keyboard.type("in-3");
    await page.getByRole("option", { selected: true }).getByText("in-3").waitFor();
    expect(await browser.violations()).toEqual([]);
    await browser.picture("palette");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "in-3" }).waitFor();
    await keyboard.press("?");
    await page.getByRole("dialog", { name: "All keys" }).waitFor();
    await keyboard.press("Escape");
    await keyboard.press("g");
    await keyboard.press("k");
    await page.getByRole("button", { name: "Make a key" }).waitFor();
    expect(browser.trouble).toEqual([]);
  });
});
