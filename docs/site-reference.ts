/** Writes docs/site.md anew from the schema: `node_modules/.bin/node docs/site-reference.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { siteReference } from "../src/site/reference.ts";

writeFileSync(join(import.meta.dirname, "site.md"), siteReference());
