/** How tests ended. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The names of the failed ones, and of what failed outside any test. */
  readonly failures: readonly string[];
}

export const nothing: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };

export function sum(one: Outcome, other: Outcome): Outcome {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
  };
}

/** Reads what the test runner reported about `files` (JUnit XML, empty if there is none), and its exit code. */
export function outcomeOf(report: string, code: number, files: readonly string[]): Outcome {
  const [, head = ""] = /<testsuites ([^>]*)>/.exec(report) ?? [];
  const number = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const [tests, failed, skipped] = [number("tests"), number("failures"), number("skipped")];
  const passed = tests - failed - skipped;
  const failures = [...report.matchAll(/<testcase ([^>]*[^/])>\s*<failure/g)].map(([, attributes = ""]) => {
    const value = (name: string) => plain(new RegExp(` ${name}="([^"]*)"`).exec(` ${attributes}`)?.[1] ?? "");
    return [value("file"), value("classname"), value("name")].filter((part) => part !== "").join(" > ");
  });
  // A runner that crashed, or failed outside any test, must not count as passed.
  if (failed === 0 && code !== 0)
    return { passed, failed: 1, skipped, failures: [`${files.join(", ")}: the runner ended with ${code}`] };
  return { passed, failed, skipped, failures };
}

function plain(xml: string): string {
  return xml
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
