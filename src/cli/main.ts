import { commands } from "./commands.ts";
import { runAsProcess } from "./process-shell.ts";

await runAsProcess(commands);
