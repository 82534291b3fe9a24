import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Link } from "../../../client/client.ts";
import { qrAddress, showQr } from "../qr/dialog.tsx";
import { t } from "../texts/catalogue.ts";
import { Icon } from "../ui/icons.tsx";

/** The code of a link as the server draws it, and files of it. */
export function Qr({ link }: { link: Link }): JSX.Element | null {
  const [missing, setMissing] = useState(false);
  if (missing) return null;
  const name = link.slug.replace(/[^\w-]+/g, "-");
  return (
    <section class="qr-section">
      <header>
        <h2>{t("qr.title")}</h2>
        <button type="button" class="plain" onClick={() => showQr(link)}>
          {t("qr.change")} <kbd class="key">Q</kbd>
        </button>
      </header>
      <div class="qr-body">
        <img
          src={qrAddress(link.slug, { size: 256 })}
          width="128"
          height="128"
          alt={t("list.qr", { slug: link.slug })}
          onError={() => setMissing(true)}
        />
        <div>
          {(["svg", "png"] as const).map((format) => (
            <a
              key={format}
              class="button small"
              href={qrAddress(link.slug, { format, size: 1024 })}
              download={`${name}.${format}`}
            >
              <Icon name="download" />
              {format.toUpperCase()}
            </a>
          ))}
          <p>
            {t("qr.note", { level: "M", colour: t("qr.inkOnWhite") })}
            <br />
            {t("qr.scans")}
          </p>
        </div>
      </div>
    </section>
  );
}
