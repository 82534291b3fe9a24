import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../client.ts";
import { told } from "./story.ts";
import { expectSame, Walker } from "./walker.ts";

/** Links of the story that nobody looks for: one is found among them. */
export const others = 400;

/** The parts of a walk that are not about one link: files in and out, the other pages, what visitors see. */
export class Around extends Walker {
  /** A file in, with its preview and report; everything out. */
  async carry(): Promise<void> {
    const { page } = this.browser;
    await this.go("Import");
    const rows = Array.from({ length: 30 }, (_, i) => `in-${i},https://example.com/in/${i},"Page ${i}, moved"`);
    const file = join(this.folder, "from elsewhere.csv");
    writeFileSync(file, `Keyword,Long URL,Title\n${rows.join("\n")}\nout,no address,Bad\n`);
    const chooser = page.waitForEvent("filechooser");
    await this.press("Pick a file");
    await (await chooser).setFiles(file);
    await page.getByText("from elsewhere.csv, 31 rows").waitFor();
    await this.stop("import", true);
    await this.press("Import 31 links");
    await page.getByText("30 in, 1 out.").waitFor();
    await this.stop("imported");
    const saved = await this.download(page.getByRole("button", { name: "Export all links" }), "all.csv");
    // Its head, two of the walk, those of the story, and the file's.
    expectSame(saved.toString("utf8").trimEnd().split("\n").length, 1 + 2 + (told.length + others) + 30);
  }

  /** The other pages, by way of the bars. */
  async look(): Promise<void> {
    const { page } = this.browser;
    await this.go("Keys");
    await this.press("Make a key");
    await this.hand.write(page.getByLabel("What it is for"), "the walk");
    await this.press("Make it");
    await page.locator(".fresh-key code").waitFor();
    await this.stop("keys");
    await this.go("Settings");
    await page.getByText("CURT_WORKERS").waitFor();
    await this.stop("settings", true);
    if (this.browser.isPhone) await this.press("Go anywhere");
    else await page.keyboard.press("Control+k");
    await this.hand.write(page.getByRole("combobox"), "talks");
    await page.getByRole("option", { selected: true }).getByText("talks/fosdem").waitFor();
    await this.stop("palette");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "talks/fosdem" }).waitFor();
  }

  /** What visitors see. */
  async visit(): Promise<void> {
    const { page } = this.browser;
    const trap = { url: "https://xn--80ak6aa92e.example.com/signin", slug: "b4nk" };
    expectSame((await ask(this.server, "POST", "/api/v1/links", trap)).status, 201);
    const seen = [
      ["preview", "/talks/fosdem+", "slides.acme.example"],
      ["deceiving", "/b4nk+", "xn--80ak6aa92e.example.com"],
      ["unknown", "/q3-reprot", "Nope"],
      ["over", "/may-sale", "Over"],
      ["root", "/", "Long in,"],
    ] as const;
    for (const [name, path, text] of seen) {
      await page.goto(this.origin + path);
      await page.getByText(text).first().waitFor();
      await this.stop(name);
    }
    await this.hand.write(page.locator("input[name=url]"), "https://example.com/by/anyone");
    await this.press("Shorten");
    await page
      .getByText(/Copy|short/)
      .first()
      .waitFor();
    await page.goto(`${this.origin}/dashboard`);
    await page.getByLabel("What to shorten").waitFor();
  }
}
