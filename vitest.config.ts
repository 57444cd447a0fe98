import { defineConfig } from "vitest/config";

/** A scenario boots real firmware in software: minutes, not seconds, and one at a time (two cores, one guest each). */
const scenarios = {
  testTimeout: 180_000,
  hookTimeout: 60_000,
  teardownTimeout: 15_000,
  fileParallelism: false,
} as const;

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "lab/**/*.test.ts"] } },
      {
        // Inside the lab's namespaces: `./dryboot test` starts this project there.
        test: {
          name: "scenarios",
          include: ["scenarios/*.scenario.ts"],
          ...scenarios,
        },
      },
      {
        // Outside them: what a person at a shell sees, does and leaves behind.
        test: {
          name: "commands",
          include: ["scenarios/commands/*.scenario.ts"],
          ...scenarios,
        },
      },
    ],
  },
});
