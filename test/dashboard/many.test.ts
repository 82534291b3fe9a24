/** The short form of `npm run proof -- page`: a long list costs the browser no more than a short one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { need } from "../install.ts";
import { type Server, startServer } from "../server.ts";
import { Browser, looks } from "./browser.ts";
import { goIn, realRow, scrollTo, weigh } from "./long-list.ts";

/** More than the page keeps: 50 pages of 100. */
const links = 6500;

describe.skipIf(!need("chromium"))("a list of many links", () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "1"] });
    const lines = Array.from({ length: links }, (_, i) =>
      JSON.stringify({ url: `https://example.com/${i}`, slug: `l${i}` }),
    );
    const answer = await fetch(`${server.url}/api/v1/links/batch`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/x-ndjson" },
      body: lines.join("\n"),
    });
    expect((await answer.text()).trim().split("\n")).toHaveLength(links);
    const origin = server.url.replace("127.0.0.1", "localhost");
    browser = await Browser.open(looks.desktopLight, origin);
    await goIn(browser, server);
    await browser.page.locator(realRow).first().waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
  });

  test("has as many rows in the document at its end as at its beginning, in the order of reading", async () => {
    const { page } = browser;
    const before = await weigh(page);
    const scrolled = await scrollTo(page, links - 1, 40, 120_000);
    expect(scrolled.row).toBe(links - 1);
    expect(scrolled.rows).toBeLessThanOrEqual(45);
    const last = page.locator(realRow).filter({ has: page.getByText("l0", { exact: true }) });
    await last.waitFor();
    await page.waitForTimeout(300);
    const order = (await page.evaluate(
      '[...document.querySelectorAll(".rows .row")].map((row) => Number(row.getAttribute("aria-rowindex")))',
    )) as number[];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    const after = await weigh(page);
    expect(after.nodes).toBeLessThan(before.nodes * 1.5);
    expect(browser.trouble).toEqual([]);
  });

  test("drops what is far away, and brings it back when it is seen again, without what lies between", async () => {
    const { page } = browser;
    const asked: (string | null)[] = [];
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.pathname === "/api/v1/links") asked.push(url.searchParams.get("cursor"));
    });
    await page.evaluate("scrollTo(0, 0)");
    await page
      .locator(realRow)
      .filter({ hasText: `l${links - 1}` })
      .first()
      .waitFor();
    // The first page was dropped: it is asked for again, and what lay between is not.
    expect(asked).toContain(null);
    expect(asked.length).toBeLessThan(10);
    expect(browser.trouble).toEqual([]);
  });
});
