import { type Config, flagOf, type Setting, type SettingName, settings } from "./config.ts";
import type { ShownSetting } from "./core/shown-setting.ts";

/** Every setting with its value and where that came from. No secret is among them. */
export function shownSettings({ raw, sources }: Config): ShownSetting[] {
  return (Object.entries(settings) as [SettingName, Setting<unknown>][])
    .filter(([name]) => name !== "CURT_MUTANT")
    .map(([name, { fallback, shown, meaning, secret }]) => {
      const given = raw[name] ?? fallback ?? null;
      // An address may be shown up to its password, and the name before it.
      const isAddress = name === "CURT_STORE" || name === "CURT_CACHE";
      const value = isAddress ? (given?.replace(/\/\/.*@/s, "//…@") ?? null) : secret ? null : given;
      return { name, flag: flagOf(name), value, isSet: name in raw, source: sources[name], default: shown, meaning };
    });
}
