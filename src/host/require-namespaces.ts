import { DrybootError } from "../core/errors.ts";
import { namespaceTrouble, readNamespaceSettings } from "./namespace-causes.ts";
import { tryNamespaces } from "./namespaces.ts";
import { probeTun } from "./tun.ts";
import { asRoot } from "./verdict.ts";

/** Sees to it that a lab can be made here, by making one up to its tap (0.1 s), or says which command allows it. */
export async function requireNamespaces(signal: AbortSignal): Promise<void> {
  const trial = await tryNamespaces({ signal });
  if (trial.failed === undefined) return;
  const trouble = namespaceTrouble(trial, await readNamespaceSettings(), await probeTun());
  const { why, mend, advice } = trouble ?? { why: `it failed at: ${trial.failed}` };
  throw new DrybootError(`this user cannot make a lab's network: ${why}`, {
    code: "NAMESPACE_FORBIDDEN",
    where: "unshare --user --net --pid --mount",
    hint: mend === undefined ? (advice ?? "./dryboot doctor says more") : asRoot(mend, trial.uid),
    exitCode: 2,
  });
}
