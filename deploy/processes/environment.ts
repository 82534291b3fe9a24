/** The environment without what would configure Curt. */
export function plainEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("CURT_"));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? ""]));
}
