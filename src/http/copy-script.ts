/** Where the one script of visitors' pages is. */
export const copyScriptPath = ".well-known/curt/copy.js";

/**
 * Makes a Copy button of what has `data-copy`, hidden until then: the page is whole without script. Where a browser keeps its
 * clipboard (plain HTTP), the address is selected and copied the old way.
 */
const script = `const button = document.querySelector("[data-copy]");
button.hidden = false;
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    getSelection().selectAllChildren(document.querySelector(".long"));
    if (!document.execCommand("copy")) return;
  }
  button.textContent = "Copied";
});
`;

/** The script at a path; `undefined`: there is none. */
export function copyScriptAnswer(path: string): Response | undefined {
  if (path !== copyScriptPath) return undefined;
  return new Response(script, {
    headers: {
      "Content-Type": "text/javascript; charset=utf-8",
      "Cache-Control": "public, max-age=604800",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
