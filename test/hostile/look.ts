import type { Page } from "playwright-core";
import { slugOf } from "./send.ts";

/** Looked for on each page: what text would have become, had it been taken for HTML. */
const foreign = `[...document.querySelectorAll("*")].filter((one) =>
  [...one.attributes].some(({ name, value }) => name.startsWith("on") || /^\\s*(?:javascript|vbscript):/i.test(value) && name !== "value" && name !== "title" && !name.startsWith("aria-"))
  || one.matches("script:not([src]), iframe, object, embed, base, marquee, math, template, link[rel=import], meta[http-equiv=refresh]:not([content='8'])"))
  .map((one) => one.outerHTML.slice(0, 200))`;

/** Opens pages and collects what of the strings did not stay text. */
export class Looker {
  readonly found: string[] = [];
  pages = 0;

  /** Questions of the page that are not answered yet; streams are never. */
  readonly #asked = new Set<unknown>();

  constructor(
    private readonly page: Page,
    private readonly origin: string,
  ) {
    page.on("request", (request) => {
      if (!/\/live\b/.test(request.url())) this.#asked.add(request);
    });
    for (const event of ["requestfinished", "requestfailed"] as const)
      page.on(event as "requestfinished", (request) => this.#asked.delete(request));
  }

  /** Loads an address, and waits for it to rest. */
  async load(path: string): Promise<void> {
    // Some strings became slugs, and lead out of here.
    const answer = await fetch(this.origin + path, { redirect: "manual", headers: { accept: "text/html" } });
    if (answer.status >= 300 && answer.status < 400) return;
    await this.page.goto(this.origin + path);
    await this.#look(path);
  }

  /** Loads a picture as a document of its own: no script runs in it, so it draws none of the pictures that `load` waits for. */
  async picture(path: string): Promise<void> {
    const answer = await this.page.goto(this.origin + path);
    this.pages++;
    const found = (await this.page.evaluate(foreign)) as string[];
    if (answer?.status() !== 200) this.found.push(`${path}: answered ${answer?.status()}`);
    this.found.push(...found.map((one) => `${path}: ${one}`));
  }

  /** The same within the dashboard, which needs no loading. */
  async go(path: string): Promise<void> {
    await this.page.evaluate(
      `history.pushState(null, "", ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent("popstate"))`,
    );
    await this.#look(path);
  }

  /** What the page shows of a link: its title and note must be there as they are. */
  async expectText(text: string): Promise<void> {
    await this.page.locator(".facts").first().waitFor();
    const there = await this.page.evaluate(
      `[...document.querySelectorAll(".facts *")].some((one) => one.textContent === ${JSON.stringify(text)})`,
    );
    if (there !== true) this.found.push(`Not shown as it is: ${JSON.stringify(text).slice(0, 200)}`);
  }

  /** Asks the form of `/` for short forms of the strings, which answers with them in the field. */
  async createForm(strings: readonly string[]): Promise<void> {
    for (const text of strings) {
      await this.load("/");
      await this.page.locator("input[name=url]").fill(text.toWellFormed().slice(0, 300));
      await this.page.locator("form button").click();
      await this.#look("the form of /");
    }
  }

  async #look(path: string): Promise<void> {
    this.pages++;
    // Two pictures after the last answer: what would run has run.
    const pictures = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(${foreign}))))`;
    const until = performance.now() + 5000;
    let found: string[];
    do found = (await this.page.evaluate(pictures)) as string[];
    while (this.#asked.size > 0 && performance.now() < until);
    this.found.push(...found.map((one) => `${path.slice(0, 100)}: ${one}`));
  }
}

/** Every page there is, with the strings on it or in its address; where a string has pages of its own, for each `every`-th one. */
export async function everyPage(look: Looker, page: Page, all: readonly string[], every: number): Promise<void> {
  const strings = [...all.entries()].filter(([i]) => i % every === 0);
  await look.load("/dashboard");
  for (let i = 0; i < Math.ceil(all.length / 15); i++) {
    await page.mouse.wheel(0, 700);
    await page.waitForTimeout(30);
  }
  for (const [i, text] of strings) {
    const inAddress = encodeURIComponent(text.toWellFormed().slice(0, 200));
    await look.go(`/dashboard/links/${slugOf(i)}`);
    await look.go(`/dashboard?search=${inAddress}`);
    await look.go(`/dashboard?tag=${inAddress}`);
    await look.go(`/dashboard/links/${inAddress}`);
  }
  for (const [i, text] of strings) {
    const inAddress = encodeURIComponent(text.toWellFormed().slice(0, 200));
    await look.load(`/${slugOf(i)}+`);
    await look.load(`/${inAddress}`);
    await look.load(`/${inAddress}+`);
    if (i % (25 * every) === 0) await look.picture(`/${slugOf(i)}+qr`);
  }
  for (const path of [
    "overview",
    "overview?range=24h",
    "keys",
    "settings",
    "import",
    `links/${slugOf(0)}?edit`,
    "nothing/<b>",
  ])
    await look.load(`/dashboard/${path}`);
  for (const path of ["/", "/api/v1/docs"]) await look.load(path);
}
