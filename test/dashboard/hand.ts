import type { Locator, Page } from "playwright-core";

/** How somebody uses the page. */
export interface Hand {
  readonly name: "pointer" | "keys";
  /** Presses what can be pressed. */
  press(target: Locator): Promise<void>;
  /** Puts a text into a field, in place of what is there. */
  write(target: Locator, text: string): Promise<void>;
}

/** With a mouse, or with a finger where there is no mouse. */
export function pointer(): Hand {
  return {
    name: "pointer",
    press: (target) => target.click(),
    async write(target, text) {
      await target.click();
      await target.fill(text);
    },
  };
}

/**
 * With the keyboard alone: Tab until the target has the focus, then Enter, or the space bar for what is on or off. Throws where
 * Tab does not lead there by `farthest` steps, and where the focus cannot be seen.
 */
export function keys(page: Page, farthest = 150): Hand {
  const { keyboard } = page;
  async function reach(target: Locator): Promise<void> {
    await target.waitFor({ state: "attached" });
    for (let i = 0; i < farthest; i++) {
      const there = await target.evaluate((one) => {
        const inside = one.ownerDocument.activeElement;
        return inside !== null && (one === inside || (one.matches("label") && one.contains(inside)));
      });
      if (there) {
        if (!(await page.evaluate(focusSeen))) throw new Error(`The focus is not seen on ${target}.`);
        return;
      }
      await keyboard.press("Tab");
    }
    throw new Error(`Tab does not lead to ${target}.`);
  }
  return {
    name: "keys",
    async press(target) {
      await reach(target);
      const toggled = await page.evaluate('document.activeElement.matches("input[type=checkbox], input[type=radio]")');
      await keyboard.press(toggled === true ? "Space" : "Enter");
    },
    async write(target, text) {
      await reach(target);
      await keyboard.press("Control+a");
      await keyboard.insertText(text);
    },
  };
}

/**
 * Whether the focus is seen: a caret in a field, the list's cursor (a bar, a ground and a marked slug), or an outline or a shadow around
 * the element or what is drawn for it.
 */
const focusSeen = `(() => {
  const has = (one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
  };
  const one = document.activeElement;
  if (one.matches("textarea, input:not([type=checkbox], [type=radio])")) return getComputedStyle(one).caretColor !== "transparent";
  if (one.closest(".rows .row.cursor") !== null) return true;
  const around = [one, one.parentElement, one.closest("label"), one.nextElementSibling];
  return around.some((each) => each !== null && each !== undefined && has(each));
})()`;
