/** Runs before anything is painted, so that a chosen theme, language and direction never flash. */
try {
  const root = document.documentElement;
  const theme = localStorage.getItem("curt.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const language = localStorage.getItem("curt.language");
  if (language !== null && /^[a-z]{2}$/.test(language)) root.lang = language;
} catch {
  // A browser that keeps nothing follows the system.
}
