import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { Phase, RoleOf, TracedMachine } from "./phase.ts";
import { PhaseTracker } from "./phase-tracker.ts";

/** The phases of one machine's last boot in a timeline, in the order they began. */
export function phasesOf(facts: Iterable<Fact<BootFacts>>, machine: TracedMachine, roleOf: RoleOf): Phase[] {
  const tracker = new PhaseTracker(machine, roleOf);
  for (const fact of facts) tracker.feed(fact);
  return tracker.phases();
}
