import type { JSX } from "preact";
import type { Link } from "../api/types.ts";
import { t } from "../texts/catalogue.ts";
import { Cell, useCell } from "../ui/cell.ts";
import { bare } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { Trap } from "../ui/layers.tsx";

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

export function QrDialog(): JSX.Element | null {
  const link = useCell(shown);
  if (link === undefined) return null;
  const close = () => {
    shown.value = undefined;
  };
  return (
    <Trap close={close} label={t("list.qr", { slug: link.slug })} class="dialog qr-dialog">
      <p class="typed cut">{bare(link.shortUrl)}</p>
      <img
        class="qr"
        src={qrAddress(link.slug, { size: 320 })}
        width="320"
        height="320"
        alt={t("list.qr", { slug: link.slug })}
      />
      <div class="buttons">
        {(["svg", "png"] as const).map((format) => (
          <a
            key={format}
            class="button"
            href={qrAddress(link.slug, { format, size: 1024 })}
            download={`${link.slug.replace(/\W+/g, "-")}.${format}`}
          >
            <Icon name="download" />
            {format.toUpperCase()}
          </a>
        ))}
        <button type="button" class="button" data-first onClick={close}>
          {t("common.close")}
        </button>
      </div>
    </Trap>
  );
}
