/**
 * How well browsers, systems, devices and bots are told from user agents.
 *   npm run proof -- agents
 */
import { accuracies, lineOf } from "../clicks/agents.ts";

for (const one of await accuracies()) console.log(lineOf(one));
