import { describe, expect, test } from "vitest";
import { addTallies, tallyOf } from "./vitest-run.ts";

const report = {
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [{ status: "passed", assertionResults: [{}] }],
};

describe("counting tests", () => {
  test("skipped ones and intentions count as skipped", () => {
    expect(tallyOf(report, 0)).toEqual({ passed: 5, failed: 0, skipped: 2 });
  });

  test("a file that could not be read is a failure", () => {
    const broken = { ...report, testResults: [{ status: "failed", assertionResults: [] }] };
    expect(tallyOf(broken, 1).failed).toBe(1);
  });

  test("a run that failed without a failing test is a failure all the same", () => {
    expect(tallyOf(report, 1).failed).toBe(1);
    expect(tallyOf(report, null).failed).toBe(1);
  });

  test("the sum is over all kinds", () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(addTallies([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
  });
});
