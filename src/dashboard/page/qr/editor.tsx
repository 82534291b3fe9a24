import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CurtProblem, type Link } from "../../../client/client.ts";
import { api } from "../api/api.ts";
import { t } from "../texts/catalogue.ts";
import { Choice, Field, HelpLine } from "../ui/field.tsx";
import { bare } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { Trap } from "../ui/layers.tsx";
import { isAbort, problemText } from "../ui/problem.ts";
import { save } from "../ui/save.ts";
import { NoLogo, readLogo } from "./logo.ts";
import { isColour, type Look, levels, optionsOf, plainLook, warningOf } from "./look.ts";

/** How long after the last change it is drawn, in ms; pixels of a PNG that is saved. */
const [pause, size] = [120, 1024];

/** The picture of a code, as the address of an image; the last one stays until the next is there. */
function usePreview(slug: string, look: Look): { address: string | undefined; error: unknown } {
  const [address, setAddress] = useState<string>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    if (!isColour(look.dark) || !(look.clear || isColour(look.light))) return;
    const stop = new AbortController();
    const timer = setTimeout(
      () => {
        api.links.qr(slug, optionsOf(look), { signal: stop.signal }).then(
          (picture) => {
            setAddress(URL.createObjectURL(picture));
            setError(undefined);
          },
          (thrown: unknown) => {
            if (!isAbort(thrown)) setError(thrown);
          },
        );
      },
      address === undefined ? 0 : pause,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [slug, look]);
  useEffect(() => () => (address === undefined ? undefined : URL.revokeObjectURL(address)), [address]);
  return { address, error };
}

export function QrEditor({ link, close }: { link: Link; close: () => void }): JSX.Element {
  const [look, setLook] = useState<Look>(plainLook);
  const [refused, setRefused] = useState<string>();
  const file = useRef<HTMLInputElement>(null);
  const { address, error } = usePreview(link.slug, look);
  const edit = (part: Partial<Look>) => setLook({ ...look, ...part });
  const warning = warningOf(look);
  const problem =
    refused ?? (error instanceof CurtProblem ? (error.issue("logo") ?? problemText(error, false)) : undefined);

  async function takeLogo(given: File | undefined): Promise<void> {
    if (given === undefined) return;
    setRefused(undefined);
    try {
      const logo = await readLogo(given);
      // A logo covers a part of the code: the rest must make up for it.
      edit({ logo, level: look.level === "Q" ? "Q" : "H" });
    } catch (thrown) {
      setRefused(t(thrown instanceof NoLogo ? thrown.why : "qr.logoBad"));
    }
  }
  async function download(format: "svg" | "png"): Promise<void> {
    setRefused(undefined);
    try {
      const picture = await api.links.qr(link.slug, { ...optionsOf(look), format, size });
      save([picture], `${link.slug.replace(/[^\p{L}\p{N}_-]+/gu, "-")}.${format}`, picture.type);
    } catch (thrown) {
      setRefused(problemText(thrown, false));
    }
  }

  const colour = (name: "dark" | "light") => (
    <Field label={t(`qr.${name}`)} reserve={false}>
      {(id) => (
        <div class="input typed colour">
          <input
            type="color"
            aria-hidden="true"
            tabIndex={-1}
            value={isColour(look[name]) ? look[name] : "#000000"}
            onInput={(event) => edit({ [name]: event.currentTarget.value })}
          />
          <input
            id={id}
            value={look[name]}
            maxLength={7}
            autocapitalize="none"
            spellcheck={false}
            disabled={name === "light" && look.clear}
            aria-invalid={!isColour(look[name])}
            onInput={(event) => edit({ [name]: event.currentTarget.value.trim().replace(/^(?!#)/, "#") })}
          />
        </div>
      )}
    </Field>
  );

  return (
    <Trap close={close} label={t("list.qr", { slug: link.slug })} class="dialog qr-dialog">
      <p class="typed cut">{bare(link.shortUrl)}</p>
      <div class="qr-columns">
        <div class={`qr-frame${look.clear ? " clear" : ""}`}>
          {address !== undefined && (
            <img src={address} width="280" height="280" alt={t("list.qr", { slug: link.slug })} />
          )}
        </div>
        <div class="qr-fields">
          <div class="pair">
            {colour("dark")}
            {colour("light")}
          </div>
          <label class="tick">
            <input type="checkbox" class="check" checked={look.clear} onChange={() => edit({ clear: !look.clear })} />
            {t("qr.clear")}
          </label>
          <div class="pair">
            <Choice
              label={t("qr.level")}
              name="qr-level"
              values={levels}
              chosen={look.level}
              disabled={(one) => look.logo !== undefined && (one === "L" || one === "M")}
              onChoose={(level) => edit({ level })}
            />
            <Field label={t("qr.margin")} aside={String(look.margin)} reserve={false}>
              {(id) => (
                <input
                  id={id}
                  class="range"
                  type="range"
                  min={0}
                  max={16}
                  value={look.margin}
                  onInput={(event) => edit({ margin: Number(event.currentTarget.value) })}
                />
              )}
            </Field>
          </div>
          <div class="field">
            <div class="label">
              <span>{t("qr.logo")}</span>
              {look.logo !== undefined && <span class="aside cut">{look.logo.name}</span>}
            </div>
            <input
              ref={file}
              hidden
              type="file"
              accept="image/png,image/jpeg,image/webp"
              onChange={(event) => {
                void takeLogo(event.currentTarget.files?.[0]);
                event.currentTarget.value = "";
              }}
            />
            {look.logo === undefined ? (
              <button type="button" class="button small" onClick={() => file.current?.click()}>
                {t("qr.pick")}
              </button>
            ) : (
              <button type="button" class="button small" onClick={() => edit({ logo: undefined, level: "M" })}>
                {t("qr.remove")}
              </button>
            )}
          </div>
          <HelpLine
            id="qr-help"
            help={
              problem !== undefined
                ? { kind: "bad", text: problem }
                : warning !== undefined
                  ? { kind: warning === "qr.onLight" ? "plain" : "bad", text: t(warning) }
                  : undefined
            }
          />
        </div>
      </div>
      <div class="buttons">
        {(["svg", "png"] as const).map((format) => (
          <button key={format} type="button" class="button" onClick={() => void download(format)}>
            <Icon name="download" />
            {format.toUpperCase()}
          </button>
        ))}
        <button type="button" class="button" data-first onClick={close}>
          {t("common.close")}
        </button>
      </div>
    </Trap>
  );
}
