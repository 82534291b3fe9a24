import type { JSX } from "preact";
import type { Link } from "../../../client/client.ts";
import { showQr } from "../qr/dialog.tsx";
import { go, linkAt } from "../route.ts";
import { t, tt } from "../texts/catalogue.ts";
import { bare } from "../ui/format.ts";
import { toast } from "../ui/toast.tsx";
import { deleteLink, slugText } from "./actions.tsx";

export interface MadeLink {
  readonly link: Link;
  readonly copied: boolean;
  /** Characters of what was pasted. */
  readonly length: number;
}

/** The line below the field once a link is made. */
export function Made({ made, clear }: { made: MadeLink; clear: () => void }): JSX.Element {
  const { link, copied, length } = made;
  const undo = async () => {
    if (await deleteLink(link.slug)) {
      clear();
      toast(tt("create.undone", { slug: slugText(link.slug) }));
    }
  };
  return (
    <>
      <span>
        <span class="hidden">{bare(link.shortUrl)} </span>
        {t(copied ? "create.doneCopied" : "create.done", { in: length, out: bare(link.shortUrl).length })}
      </span>
      <span class="create-acts">
        <button type="button" class="textlink" onClick={() => showQr(link)}>
          {t("create.qr")}
        </button>
        <button type="button" class="textlink" onClick={() => go(`${linkAt(link.slug)}?edit`)}>
          {t("create.edit")}
        </button>
        <button type="button" class="textlink" onClick={() => void undo()}>
          {t("common.undo")}
        </button>
      </span>
    </>
  );
}
