import type { Fact, Recorder } from "../core/timeline.ts";
import type { NetbootFacts } from "../facts.ts";

/** One file on its way to a client: asked for, there, or what went wrong. */
export type Fetch = Readonly<{ from: string; path: string; progress: "asked" | "ended"; problem?: string }>;

/** A fact as it is reported, before the timeline gives it its place. */
type Reported = Omit<Fact<NetbootFacts>, "seq" | "at"> & Fact<NetbootFacts>;

/** Passes every fact on, and lets the stack itself hear it. */
export function hearing(
  timeline: Recorder<NetbootFacts>,
  hear: (fact: Reported) => void,
): Recorder<NetbootFacts> {
  return {
    record(type, details) {
      timeline.record(type, details);
      hear({ type, ...details } as unknown as Reported);
    },
  };
}

export function fetchIn(fact: Reported): Fetch | undefined {
  switch (fact.type) {
    case "tftp.requested":
      return { from: fact.from, path: fact.file, progress: "asked" };
    case "http.requested":
      return { from: fact.from, path: fact.path, progress: "asked" };
    case "tftp.sent":
      return { from: fact.from, path: fact.file, progress: "ended" };
    case "http.sent": {
      const { from, path, method, status } = fact;
      const ended = { from, path, progress: "ended" } as const;
      if (status >= 400) return { ...ended, problem: `HTTP ${status} for ${path}` };
      return method === "HEAD" ? undefined : ended; // EDK2 only asks for the size
    }
    case "http.failed":
      return { from: fact.from, path: fact.path, progress: "ended", problem: `${fact.path}: ${fact.reason}` };
    default:
      return undefined;
  }
}
