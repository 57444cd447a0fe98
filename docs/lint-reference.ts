/** Writes docs/lint.md anew from the rules: `node_modules/.bin/node docs/lint-reference.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lintReference } from "../src/boot/lint-reference.ts";

writeFileSync(join(import.meta.dirname, "lint.md"), lintReference());
