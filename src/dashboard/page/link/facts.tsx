import type { ComponentChildren, JSX } from "preact";
import type { Link } from "../../../client/client.ts";
import { t } from "../texts/catalogue.ts";
import { date } from "../ui/format.ts";

function windowText({ validFrom, validUntil }: Link): string {
  const [from, until] = [validFrom && date(validFrom, "full"), validUntil && date(validUntil, "full")];
  if (from && until) return t("details.window", { from, until });
  if (from) return t("details.from", { from });
  return until ? t("details.until", { until }) : t("details.fromNow");
}

/** What is known of a link. */
export function Facts({ link }: { link: Link }): JSX.Element {
  const none = t("details.none");
  const fact = (name: string, value: ComponentChildren) => (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
  const status = link.redirectStatus ?? 302;
  return (
    <dl class="facts">
      {fact(t("field.title"), link.title ?? none)}
      {fact(
        t("field.tags"),
        link.tags.length === 0
          ? none
          : link.tags.map((tag) => (
              <span key={tag} class="tag">
                <i>#</i>
                {tag}{" "}
              </span>
            )),
      )}
      {fact(t("field.note"), link.note ?? none)}
      {fact(t("details.valid"), windowText(link))}
      {link.maxClicks !== undefined &&
        fact(
          t("field.atMost"),
          link.maxClicks === null ? t("details.noLimit") : t("details.clicks", { n: link.maxClicks }),
        )}
      {fact(
        t("field.redirect"),
        t(link.forwardQuery ? "details.queryOn" : "details.queryOff", { status: String(status) }),
      )}
    </dl>
  );
}
