import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";

/** What somebody makes of each kind of fact that means something to it. */
export type FactReader<Meaning> = {
  readonly [Type in Fact<BootFacts>["type"]]?: (fact: Extract<Fact<BootFacts>, { type: Type }>) => Meaning;
};

/** Undefined for a fact that means nothing to this reader. */
export function readFact<Meaning>(reader: FactReader<Meaning>, fact: Fact<BootFacts>): Meaning | undefined {
  // Looked up by the fact's own type, so it takes this fact: a connection that TypeScript cannot follow.
  const read = reader[fact.type] as ((fact: Fact<BootFacts>) => Meaning) | undefined;
  return read?.(fact);
}
