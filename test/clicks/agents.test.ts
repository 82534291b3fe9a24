import { expect, test } from "bun:test";
import { agentOf } from "../../src/clicks/agents.ts";
import { accuracies, lineOf } from "./agents.ts";

test("user agents of public, labelled sets are recognised", async () => {
  const all = await accuracies();
  for (const one of all) console.log(lineOf(one));
  expect(all.map(({ of }) => of)).toEqual(["browser", "system", "device", "bot", "person"]);
  for (const { right, all: size } of all) expect(right / size).toBeGreaterThan(0.99);
});

test("bots are told apart, and nothing is no browser", () => {
  const bots = {
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "search",
    "facebookexternalhit/1.1": "preview",
    "curl/8.5.0": "tool",
    "SomethingBot/1.0": "bot",
    "": "bot",
  };
  for (const [text, bot] of Object.entries(bots)) expect(agentOf(text).bot).toBe(bot);
  for (const text of ["\u0000", "x".repeat(500), "(((((", "Mozilla/5.0 ".repeat(40)])
    expect(typeof agentOf(text).browser).toBe("string");
});
