import { readFileSync } from "node:fs";
import { join } from "node:path";
import jsQR from "jsqr";
import type { Locator } from "playwright-core";
import { readPng } from "../../src/http/png.ts";
import type { Server } from "../server.ts";
import type { Browser, Look } from "./browser.ts";
import { type Hand, keys, pointer } from "./hand.ts";

export interface WalkOptions {
  readonly look: Look;
  readonly hand: "pointer" | "keys";
  /** Lets axe-core look at each stop as well. */
  readonly axe: boolean;
}

/** Somebody before the dashboard: what a walk does over and over. */
export class Walker {
  stops = 0;
  readonly wrong: string[] = [];
  protected readonly hand: Hand;
  protected readonly origin: string;

  constructor(
    protected readonly server: Server,
    protected readonly browser: Browser,
    private readonly options: WalkOptions,
    protected readonly folder: string,
  ) {
    this.hand = options.hand === "keys" ? keys(browser.page) : pointer();
    this.origin = server.url.replace("127.0.0.1", "localhost");
  }

  protected more(): Locator {
    return this.browser.page.locator(".phonebar").getByRole("button", { name: "More", exact: true });
  }

  /** Presses the button of this name that is in sight. Its key may stand on it as well. */
  protected press(name: string): Promise<void> {
    const named = this.browser.page.getByRole("button", { name: new RegExp(`^${name}(?: [A-Z])?$`) });
    return this.hand.press(named.filter({ visible: true }).first());
  }

  /** To a page, by the bar. */
  protected async go(name: string): Promise<void> {
    const { page } = this.browser;
    if (!this.browser.isPhone) return this.hand.press(page.locator("header nav").getByRole("link", { name }));
    const inBar = page.locator(".phonebar").getByRole("link", { name });
    if ((await inBar.count()) > 0) return this.hand.press(inBar);
    await this.hand.press(this.more());
    await this.press(name);
  }

  /** A picture; what axe finds; and that nothing is wider than the window. */
  protected async stop(name: string, whole = false): Promise<void> {
    const { page } = this.browser;
    this.stops++;
    const wide = (await page.evaluate(
      "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth",
    )) as number;
    if (wide > 0) this.wrong.push(`${name}: ${wide} px wider than the window`);
    if (this.hand.name === "pointer") await this.browser.picture(name, whole);
    if (!this.options.axe) return;
    for (const found of await this.browser.violations()) this.wrong.push(`${name}: ${found}`);
  }

  protected async download(button: Locator, name: string): Promise<Buffer> {
    const path = join(this.folder, name);
    const download = this.browser.page.waitForEvent("download");
    await this.hand.press(button);
    await (await download).saveAs(path);
    return readFileSync(path);
  }

  /** What a camera would see of an element. */
  protected async scanned(target: Locator): Promise<string | undefined> {
    return decoded(await readPng(await target.screenshot(), 2048));
  }
}

function decoded(picture: { readonly pixels: Uint8Array; readonly width: number; readonly height: number }) {
  return jsQR(new Uint8ClampedArray(picture.pixels), picture.width, picture.height)?.data;
}

export function expectSame(got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted))
    throw new Error(`Got ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}.`);
}
