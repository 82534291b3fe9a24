import { tt } from "../texts/catalogue.ts";
import { toast } from "./toast.tsx";

/** Puts a text on the clipboard. `false`: the browser refused. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Copies a short address, and says so. */
export async function copyLink(link: { readonly slug: string; readonly shortUrl: string }): Promise<void> {
  const done = await copyText(link.shortUrl);
  if (done) toast(tt("act.copied", { slug: <span class="slug">/{link.slug}</span> }));
  else toast(tt("act.noClipboard", { slug: <span class="typed">{link.shortUrl}</span> }));
}
