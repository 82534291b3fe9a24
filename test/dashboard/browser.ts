import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { programPath } from "../install.ts";

const root = join(import.meta.dir, "..", "..");

export interface Look {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
}

export const looks = {
  desktopLight: { name: "desktop-light", width: 1440, height: 1000, theme: "light" },
  desktopDark: { name: "desktop-dark", width: 1440, height: 1000, theme: "dark" },
  phoneLight: { name: "phone-light", width: 390, height: 844, theme: "light" },
  phoneDark: { name: "phone-dark", width: 390, height: 844, theme: "dark" },
} as const satisfies Record<string, Look>;

/** A real Chromium with a profile of its own, and what went wrong in it. */
export class Browser {
  /** Broken policy, dialogs, and errors of the page: there must be none. */
  readonly trouble: string[] = [];

  private constructor(
    readonly look: Look,
    readonly page: Page,
    readonly context: BrowserContext,
    private readonly profile: string,
  ) {}

  /** `more`: further arguments of the browser. */
  static async open(look: Look, origin: string, more: readonly string[] = []): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "curt-browser-"));
    // Debian's `chromium` is a script that asks for more than tests have; its program lies here.
    const program = programPath("chromium") ?? "chromium";
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: program,
      headless: true,
      // Otherwise these close the browser and leave its caller running; it ends with its caller anyway.
      handleSIGTERM: false,
      handleSIGHUP: false,
      args: [
        ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
        ...["--disable-component-update", "--disable-sync"],
        ...more,
      ],
      viewport: { width: look.width, height: look.height },
      colorScheme: look.theme,
      // What is looked at in the middle of a change of colour has the colours of neither.
      reducedMotion: "reduce",
      hasTouch: look.width < 600,
      isMobile: look.width < 600,
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      acceptDownloads: true,
    });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
    const page = context.pages()[0] ?? (await context.newPage());
    // A machine at load 10 is slow, not broken.
    context.setDefaultTimeout(30_000);
    const browser = new Browser(look, page, context, profile);
    await page.exposeFunction("curtReport", (text: string) => browser.trouble.push(text));
    await page.addInitScript(
      'document.addEventListener("securitypolicyviolation", (e) => curtReport(["policy:", e.violatedDirective, e.blockedURI, e.sample].join(" ")))',
    );
    page.on("dialog", (dialog) => {
      browser.trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => browser.trouble.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !isUsual(message.text())) browser.trouble.push(`console: ${message.text()}`);
    });
    return browser;
  }

  get isPhone(): boolean {
    return this.look.width < 600;
  }

  /** Keeps a picture, as output of the tests. */
  async picture(name: string, whole = false): Promise<void> {
    const folder = join(root, ".cache", "screenshots");
    mkdirSync(folder, { recursive: true });
    const { width, height } = this.look;
    // The bar at the bottom belongs to the window, so the window grows, not the picture.
    if (whole) {
      const long = (await this.page.evaluate("document.scrollingElement.scrollHeight")) as number;
      await this.page.setViewportSize({ width, height: Math.max(height, long) });
    }
    await this.page.screenshot({ path: join(folder, `${name}-${this.look.name}.png`), animations: "disabled" });
    if (whole) await this.page.setViewportSize({ width, height });
  }

  /** What axe-core finds on the page as it is: rules of WCAG 2.2 A and AA, and its own best practices. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(await axeSource());
    const found = (await this.page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.failureSummary)].join(": ")))`)) as string[];
    return found;
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.profile, { recursive: true, force: true });
  }
}

/**
 * Errors that the browser logs by itself and that are no faults: what the network refused, which is part of some walks, and that our
 * own script of above may not run in a QR code, which is sandboxed.
 */
function isUsual(text: string): boolean {
  return (
    text.startsWith("Failed to load resource") ||
    /^Blocked script execution in '[^']*\+qr[^']*' because the document's frame is sandboxed/.test(text)
  );
}

async function axeSource(): Promise<string> {
  return Bun.file(join(root, "node_modules", "axe-core", "axe.min.js")).text();
}
