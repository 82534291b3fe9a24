import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ask, follow } from "../client.ts";
import { startServer } from "../server.ts";
import { Browser } from "./browser.ts";
import { tellStory } from "./story.ts";
import { Around, others } from "./walk-around.ts";
import { expectSame, type WalkOptions } from "./walker.ts";

const password = "correct horse battery";

export interface Walked {
  /** Stops at which the page was looked at. */
  readonly stops: number;
  /** What axe found, broken policy, dialogs, errors, and what was wider than the window: there must be none. */
  readonly wrong: string[];
}

/**
 * Everything that the dashboard is for, once, on a server of its own: first start, signing in, making links, finding one among many,
 * its statistics, editing and undoing, its QR code scanned back, a file in, a file out, the other pages, what visitors see,
 * and signing out. A picture is kept of each stop. Throws where something does not answer as it should.
 */
export async function walk(options: WalkOptions): Promise<Walked> {
  const folder = mkdtempSync(join(tmpdir(), "curt-walk-"));
  const server = await startServer({ args: ["--workers", "1", "--public-create", "true"] });
  const browser = await Browser.open(options.look, server.url.replace("127.0.0.1", "localhost"));
  try {
    const walker = new Walk(server, browser, options, folder);
    await walker.arrive();
    await walker.make();
    await walker.live();
    await walker.overview();
    await walker.find();
    await walker.read();
    await walker.edit();
    await walker.scan();
    await walker.carry();
    await walker.look();
    await walker.visit();
    await walker.leave();
    return { stops: walker.stops, wrong: [...browser.trouble, ...walker.wrong] };
  } catch (error) {
    await browser.picture("failed").catch(() => undefined);
    throw error;
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

class Walk extends Around {
  /** The first start, where a password is set; out, a wrong password, and in. */
  async arrive(): Promise<void> {
    const { page } = this.browser;
    await page.goto(/http:\S+\/dashboard\/setup#\w+/.exec(this.server.output())?.[0] ?? "");
    const secret = page.getByLabel("Password", { exact: true });
    await this.hand.write(page.getByLabel("Name"), "ana");
    await this.hand.write(secret, "too short");
    await page.getByText("9 so far. 3 more.").waitFor();
    await this.stop("first-start");
    await this.hand.write(secret, password);
    await this.press("Set it and go in");
    await page.getByText("Nothing yet").waitFor();
    await this.stop("empty");
    await this.leave();
    await this.hand.write(page.getByLabel("Name"), "ana");
    await this.hand.write(secret, "certainly wrong");
    await this.press("Sign in");
    await page.getByText("No. Name or password is off.").waitFor();
    await this.stop("door");
    await this.hand.write(secret, password);
    await this.press("Sign in");
    await page.getByLabel("What to shorten").waitFor();
  }

  /** A link in one breath, and one with all options. */
  async make(): Promise<void> {
    const { page } = this.browser;
    const field = page.getByLabel("What to shorten");
    await this.hand.write(field, "https://example.com/a/long/way/down one-breath #walk 30d");
    await page.keyboard.press("Enter");
    await page.getByText("On your clipboard.").waitFor();
    expectSame(await page.evaluate("navigator.clipboard.readText()"), `${this.origin}/one-breath`);
    await this.stop("made");
    await this.hand.write(field, "hello");
    await page.keyboard.press("Enter");
    await page.getByText("Not a web address. http or https.").waitFor();
    await this.hand.write(field, "https://example.com/press/launch?utm_source=link");
    await this.press("All options");
    await this.hand.write(page.getByLabel("Slug"), "opening");
    await page.getByText("Free.", { exact: true }).waitFor();
    await this.hand.write(page.getByLabel("Title"), "The opening");
    await this.hand.write(page.getByLabel("At most"), "5000");
    await this.press("30 d");
    await this.hand.press(page.locator("label").filter({ hasText: "Pass the query on" }));
    await this.stop("options", true);
    await this.press("Shorten");
    await page.getByText("On your clipboard.").waitFor();
    const { body } = await ask<Record<string, unknown>>(this.server, "GET", "/api/v1/links/opening");
    const { title, maxClicks, forwardQuery, validUntil } = body;
    expectSame([title, maxClicks, forwardQuery], ["The opening", 5000, true]);
    if (typeof validUntil !== "string") throw new Error("It has no end.");
  }

  /** A hundred days later there are hundreds of links. */
  async live(): Promise<void> {
    const { page } = this.browser;
    await this.server.kill9();
    await tellStory(this.server.dataDir, others);
    await this.server.restart();
    await page.goto(`${this.origin}/dashboard`);
    await page.getByRole("row").filter({ hasText: "talks/fosdem" }).waitFor();
    if (!this.browser.isPhone) await page.locator('.sparkline .past:not([d=""])').nth(5).waitFor({ state: "attached" });
    await this.stop("links");
  }

  /** What was clicked on all of them. */
  async overview(): Promise<void> {
    const { page } = this.browser;
    await this.go("Overview");
    await page.getByText("By state").waitFor();
    await page.locator(".chart path.clicks").waitFor();
    await page.locator(".breakdown").getByText("Germany").first().waitFor({ state: "attached" });
    await page.getByRole("table", { name: "Most used" }).getByText("/q3-report").waitFor();
    await this.stop("overview", true);
    await this.go("Links");
    await page.getByRole("row").filter({ hasText: "talks/fosdem" }).waitFor();
  }

  /** One is looked for. */
  async find(): Promise<void> {
    const { page } = this.browser;
    if (this.browser.isPhone) {
      // The list's own field has no room there: the magnifying glass finds.
      await this.press("Go anywhere");
      await this.hand.write(page.getByRole("combobox"), "numbers fin");
      const option = page.getByRole("option").filter({ hasText: "q3-report" }).first();
      await option.waitFor();
      await this.stop("found");
      if (this.hand.name === "keys") await page.keyboard.press("Enter");
      else await this.hand.press(option);
    } else {
      await this.hand.write(page.getByLabel("Search links"), "numbers fin");
      const row = page.getByRole("row").filter({ hasText: "q3-report" });
      await row.waitFor();
      await page.getByRole("row").filter({ hasText: "talks/fosdem" }).waitFor({ state: "detached" });
      await this.stop("found");
      await this.hand.press(row.getByRole("link"));
    }
    await page.getByRole("heading", { name: "q3-report" }).waitFor();
  }

  /** Its statistics: live, over a range, by step, and as a table. */
  async read(): Promise<void> {
    const { page } = this.browser;
    for (let i = 0; i < 3; i++) await follow(this.server, "/q3-report", { "user-agent": firefox });
    await page.locator(".figure").filter({ hasText: "Now" }).getByText(/^3 /).waitFor();
    await page.locator(".breakdown").getByText("Germany").first().waitFor();
    await page.locator(".qr-body img").waitFor();
    await this.stop("link", true);
    await this.press("7 d");
    const chart = page.getByRole("slider", { name: "Clicks over time" });
    await page.locator('.ranges [aria-pressed="true"]').getByText("7 d").waitFor();
    if (this.hand.name === "keys") {
      await this.hand.press(chart);
      await page.keyboard.press("End");
    } else {
      await chart.hover({ position: { x: 40, y: 60 } });
    }
    const spoken = await chart.getAttribute("aria-valuetext");
    if (!/[1-9]\d* clicks, /.test(spoken ?? "")) throw new Error(`The chart says ${spoken}.`);
    await this.press("Table");
    const table = page.getByRole("dialog").getByRole("table");
    await table.getByRole("row").nth(7).waitFor();
    await this.stop("statistics");
    await page.keyboard.press("Escape");
    await table.waitFor({ state: "detached" });
  }

  /** A title and another target, saved; and undone. */
  async edit(): Promise<void> {
    const { page } = this.browser;
    await this.press("Edit");
    await this.hand.write(
      page.getByLabel("Target"),
      "https://drive.acme.example/finance/q3/board/numbers-final-v8.pdf",
    );
    await this.hand.write(page.getByLabel("Title"), "Q3 numbers, truly final");
    await page.getByText("2 changes", { exact: true }).waitFor();
    await this.stop("edit", true);
    await this.press("Save");
    const toast = page.getByRole("status");
    await toast.getByText("Target changed.").waitFor();
    expectSame((await follow(this.server, "/q3-report")).location?.endsWith("v8.pdf"), true);
    await this.hand.press(toast.getByRole("button", { name: "Undo" }));
    await page.getByText("Undone.").waitFor();
    const { body } = await ask(this.server, "GET", "/api/v1/links/q3-report");
    expectSame([body.title, body.url.endsWith("v7.pdf")], ["Q3 numbers, final", true]);
  }

  /** The QR code that is on the screen, and the one in a file, each read by a decoder. */
  async scan(): Promise<void> {
    const { page } = this.browser;
    expectSame(await this.scanned(page.locator(".qr-body img")), `${this.origin}/q3-report`);
    await this.press("Change");
    const dialog = page.getByRole("dialog");
    const first = await dialog.locator("img").getAttribute("src");
    await this.hand.write(dialog.getByRole("textbox", { name: "Dark" }), "5a3c00");
    await dialog.locator(`img:not([src="${first}"])`).waitFor();
    await this.stop("qr");
    await this.download(dialog.getByRole("button", { name: "PNG" }), "code.png");
    const other = await page.context().newPage();
    await other.goto(`file://${join(this.folder, "code.png")}`);
    expectSame(await this.scanned(other.locator("img")), `${this.origin}/q3-report`);
    await other.close();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  }

  async leave(): Promise<void> {
    const { page } = this.browser;
    if (this.browser.isPhone) await this.hand.press(this.more());
    else await this.press("ana, more");
    await this.press("Sign out");
    await page.getByText("You again.").waitFor();
  }
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
