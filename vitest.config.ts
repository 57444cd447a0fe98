import { defineConfig } from "vitest/config";

/** A scenario boots real firmware in software: minutes, not seconds. `dryboot test` gives each file a run of its own. */
const scenarios = {
  testTimeout: 300_000,
  hookTimeout: 60_000,
  teardownTimeout: 15_000,
} as const;

export default defineConfig({
  test: {
    // Nothing is written into node_modules: it may belong to somebody else, and npm empties it.
    cache: false,
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "bench/**/*.test.ts"],
          testTimeout: 60_000, // for what hangs: on a machine that is busy, seconds say nothing
        },
      },
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
