import type { JSX } from "preact";
import type { Link } from "../../../client/client.ts";
import { Cell, useCell } from "../ui/cell.ts";
import { later } from "../ui/later.tsx";

const shown = new Cell<Link | undefined>(undefined);

export function showQr(link: Link): void {
  shown.value = link;
}

/** Where the code of a link is drawn by the server. */
export function qrAddress(slug: string, options: Readonly<Record<string, string | number>> = {}): string {
  const query = new URLSearchParams(
    Object.entries({ format: "svg", ...options }).map(([name, value]) => [name, `${value}`]),
  );
  return `/${slug.split("/").map(encodeURIComponent).join("/")}+qr?${query}`;
}

const Editor = later<{ link: Link; close: () => void }>(async () => (await import("./editor.tsx")).QrEditor, null);

/** The code of a link, large, and what can be said of how it looks. */
export function QrDialog(): JSX.Element | null {
  const link = useCell(shown);
  if (link === undefined) return null;
  return (
    <Editor
      key={link.slug}
      link={link}
      close={() => {
        shown.value = undefined;
      }}
    />
  );
}
