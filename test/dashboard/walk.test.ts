import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask } from "../client.ts";
import { need } from "../install.ts";
import { type Server, startServer } from "../server.ts";
import { Browser, type Look, looks } from "./browser.ts";

const password = "correct horse battery";

/** The page as a browser knows it: by the name that the base URL has. */
const originOf = (server: Server) => server.url.replace("127.0.0.1", "localhost");

/** Signs in with the door's form. */
async function enter(browser: Browser, origin: string): Promise<void> {
  const { page } = browser;
  await page.goto(`${origin}/dashboard`);
  await page.getByLabel("Name").fill("ana");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("What to shorten").waitFor();
}

describe.skipIf(!need("chromium"))("the dashboard in Chromium", () => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    server = await startServer({ args: ["--workers", "1"] });
    origin = originOf(server);
  });
  afterAll(() => server.stop());

  test("the first start asks for a password, once", async () => {
    const browser = await Browser.open(looks.desktopLight, origin);
    const { page } = browser;
    const link = /http:\S+\/dashboard\/setup#\w+/.exec(server.output())?.[0] ?? "";
    await page.goto(link);
    await page.getByLabel("Name").fill("ana");
    await page.getByLabel("Password", { exact: true }).fill("too short");
    await page.getByText("9 so far. 3 more.").waitFor();
    expect(await browser.violations()).toEqual([]);
    await browser.picture("first-start");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Set it and go in" }).click();
    await page.getByText("Nothing yet").waitFor();
    expect(await browser.violations()).toEqual([]);
    await browser.picture("empty");
    await page.goto("about:blank");
    await page.goto(link);
    await page.getByLabel("Name").fill("eve");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Set it and go in" }).click();
    await page.getByText("This link was used, or is over.").waitFor();
    expect(browser.trouble).toEqual([]);
    await browser.close();
  });

  for (const look of Object.values(looks)) walk(look);

  function walk(look: Look): void {
    test(`sign in, create, find, edit, undo, sign out: ${look.name}`, async () => {
      const browser = await Browser.open(look, origin);
      const { page } = browser;
      const slug = `walk-${look.name}`;

      await page.goto(`${origin}/dashboard`);
      await page.getByLabel("Name").fill("ana");
      await page.getByLabel("Password", { exact: true }).fill("certainly wrong");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("No. Name or password is off.").waitFor();
      expect(await browser.violations()).toEqual([]);
      await browser.picture("door");
      await enter(browser, origin);

      // In one breath; what was made is on the clipboard.
      const field = page.getByLabel("What to shorten");
      await field.fill(`https://example.com/a/long/way/${look.name} ${slug} #walk 30d`);
      await field.press("Enter");
      await page.getByText("On your clipboard.").waitFor();
      expect(await page.evaluate("navigator.clipboard.readText()")).toBe(`${origin}/${slug}`);
      await browser.picture("made");
      const { body } = await ask(server, "GET", `/api/v1/links/${slug}`);
      expect(body.tags).toEqual(["walk"]);

      // Not an address: said at the field, and nothing is made.
      await field.fill("hello");
      await field.press("Enter");
      await page.getByText("Not a web address. http or https.").waitFor();
      await field.fill("");

      await page.goto(`${origin}/dashboard?search=${slug}`);
      const row = page.getByRole("row").filter({ hasText: slug });
      await row.waitFor();
      expect(await browser.violations()).toEqual([]);
      await row.getByRole("link").click();
      await page.getByRole("heading", { name: slug }).waitFor();
      expect(await browser.violations()).toEqual([]);

      const edit = page.getByRole("button", { name: "Edit" });
      await edit.filter({ visible: true }).first().click();
      await page.getByLabel("Title").fill("A title");
      await page.getByText("1 change", { exact: true }).waitFor();
      expect(await browser.violations()).toEqual([]);
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").getByText("Saved.").waitFor();
      await browser.picture("link", true);
      await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
      await page.getByText("Undone.").waitFor();
      expect((await ask(server, "GET", `/api/v1/links/${slug}`)).body.title).toBeNull();

      if (browser.isPhone)
        await page.getByRole("button", { name: "More", exact: true }).filter({ visible: true }).last().click();
      else await page.getByRole("button", { name: "ana, more" }).click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("You again.").waitFor();
      expect(browser.trouble).toEqual([]);
      await browser.close();
    });
  }
});
