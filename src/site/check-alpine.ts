import { alpineProblem } from "../images/alpine/family.ts";
import type { Mistake } from "./mistake.ts";
import type { Site } from "./schema.ts";

/** Whether there is such an Alpine. */
export function checkAlpine({ images }: Site): Mistake[] {
  return Object.entries(images).flatMap(([name, choice]): Mistake[] => {
    const problem = choice.recipe === "alpine" ? alpineProblem(choice) : undefined;
    return problem === undefined ? [] : [{ path: ["images", name, problem.key], says: problem.says }];
  });
}
