import { expect, test } from "bun:test";
import { outcomeOf } from "./outcome.ts";

const report = `<testsuites name="bun test" tests="4" assertions="1" failures="1" skipped="1" time="0.02">
  <testcase name="c &quot;q&quot;" classname="a &amp; &lt;b&gt;" time="0.000212" file="x.test.ts" line="2" assertions="1">
    <failure type="AssertionError" message="Expected: 2">AssertionError</failure>
  </testcase>
  <testcase name="ok" classname="a" time="0" file="x.test.ts" line="2" assertions="0" />
</testsuites>`;

test("counts and the names of what failed", () => {
  const failures = ['x.test.ts > a & <b> > c "q"'];
  expect(outcomeOf(report, 1, ["x.test.ts"])).toEqual({ passed: 2, failed: 1, skipped: 1, failures });
});

test("a runner that crashed has failed", () => {
  const failures = ["x.test.ts: the runner ended with 139"];
  expect(outcomeOf("", 139, ["x.test.ts"])).toEqual({ passed: 0, failed: 1, skipped: 0, failures });
});
