import type { JSX } from "preact";
import { CurtProblem, type Link, type LinkPatch } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { t, tt } from "../texts/catalogue.ts";
import { Cell } from "../ui/cell.ts";
import { problemText } from "../ui/problem.ts";
import { toast } from "../ui/toast.tsx";

/** Pages that show links hear here what became of one; `undefined`: deleted. */
export const changed = new Cell<{ readonly slug: string; readonly link: Link | undefined } | undefined>(undefined);

export const slugText = (slug: string): JSX.Element => <span class="slug">/{slug}</span>;

/** Changes a link and says what was done, with a way back. */
export async function change(
  link: Link,
  patch: LinkPatch,
  back: LinkPatch,
  said: Parameters<typeof toast>[0],
): Promise<Link | undefined> {
  try {
    const after = await api.links.edit(link.slug, patch, link.version);
    changed.value = { slug: link.slug, link: after };
    toast(said, () => void undo(after, back));
    return after;
  } catch (error) {
    await refused(link.slug, error);
    return undefined;
  }
}

async function undo(link: Link, back: LinkPatch): Promise<void> {
  try {
    const before = await api.links.edit(link.slug, back, link.version);
    changed.value = { slug: link.slug, link: before };
    toast(t("act.undone"));
  } catch (error) {
    await refused(link.slug, error);
  }
}

/** Says why a change was refused; if somebody was faster, what they made of the link is shown. */
async function refused(slug: string, error: unknown): Promise<void> {
  toast(problemText(error));
  if (error instanceof CurtProblem && error.code === "version_mismatch") {
    const link = await api.links.get(slug).catch(() => undefined);
    if (link !== undefined) changed.value = { slug, link };
  }
}

export function switchLink(link: Link): Promise<Link | undefined> {
  const disabled = !link.disabled;
  const said = tt(disabled ? "act.off" : "act.on", { slug: slugText(link.slug) });
  return change(link, { disabled }, { disabled: !disabled }, said);
}

/** Deletes without asking: whoever calls this has asked. */
export async function deleteLink(slug: string): Promise<boolean> {
  try {
    await api.links.remove(slug);
    changed.value = { slug, link: undefined };
    toast(tt("act.deleted", { slug: slugText(slug) }));
    return true;
  } catch (error) {
    toast(problemText(error));
    return false;
  }
}
