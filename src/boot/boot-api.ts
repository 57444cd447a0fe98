import * as z from "zod";
import { DecodeError } from "../core/errors.ts";
import { parseMac } from "../wire/mac.ts";
import { imagePath } from "./boot-paths.ts";
import { onlineLines, refusalScript } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import { brokenLines, failureLines, openingLines } from "./failure-lines.ts";
import { printScript } from "./ipxe/script.ts";
import type { Setting } from "./ipxe/words.ts";
import { prose, wordProblem, wordsOf } from "./ipxe/words.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { bootNic, choicesBefore, kernelCommandLine } from "./kernel-command-line.ts";
import type { StateOf } from "./plan.ts";
import { planFor } from "./plan.ts";
import { clientOfScript } from "./script-address.ts";
import { orFail, run, say, task } from "./script-lines.ts";

/** Pixiecore's API: `GET /v1/boot/<MAC>` says what a machine boots; any status but 200 that it boots nothing. */
export const bootApiPath = "v1/boot/";

/** What a machine boots, in the API's own words. */
export interface ApiBoot {
  kernel: string;
  initrd: readonly string[];
  cmdline: string;
  message?: string;
}

/**
 * What we answer about a machine of the site, by the plan that its script is made of; undefined for anybody else. Who
 * asks here has no iPXE to fill in what only iPXE knows, and is told so; nothing is remembered of the question, since
 * Pixiecore asks more than once in a boot.
 */
export function apiBootFor(
  macText: string,
  site: BootSite,
  images: ReadonlyMap<string, BootImage>,
  stateOf?: StateOf,
): ApiBoot | Readonly<{ refused: string }> | undefined {
  const client = clientOfScript(new URLSearchParams({ mac: macText }));
  const plan = client && planFor(client, site, undefined, stateOf);
  if (!client || plan?.step !== "script" || !plan.machine) return undefined;
  if (plan.turn?.boot === "local") return { refused: `${plan.machine.name}: ${plan.turn.note}` };
  if (plan.image === undefined) return undefined;
  const image = images.get(plan.image);
  if (!image) return undefined;
  const address = (file: string) => `${site.http}/${imagePath(plan.image ?? "", file)}`;
  const imagePlan = { ...plan, image: plan.image };
  // The NIC that boots, whose MAC was asked for; and nobody chooses anything here.
  const known: Readonly<Record<string, string | undefined>> = {
    [bootNic]: client.mac.replaceAll(":", "-"),
    ...choicesBefore(imagePlan, site),
  };
  const fill = (part: string | Setting) => (typeof part === "string" ? part : (known[part.setting] ?? part));
  const words = kernelCommandLine(imagePlan, image, site).map((word) =>
    typeof word === "string" ? [word] : word.map(fill),
  );
  const unknown = words.flat().find((part) => typeof part !== "string");
  if (unknown !== undefined) {
    return { refused: `its command line holds iPXE's ${unknown.setting}, which nobody else can fill in` };
  }
  return {
    kernel: address(image.kernel.name),
    initrd: image.initrds.map(({ name }) => address(name)),
    cmdline: words.map((word) => word.join("")).join(" "),
    message: `booting ${plan.image} on ${plan.machine.name}`,
  };
}

/** Where another API is asked about a machine. */
export function apiAddress(url: string, mac: string): string {
  return `${url.replace(/\/+$/, "")}/${bootApiPath}${mac}`;
}

const longest = { address: 2000, commandLine: 2000, message: 500, initrds: 16 };

const answer = z.object({
  kernel: z.string().min(1).max(longest.address),
  initrd: z.array(z.string().min(1).max(longest.address)).max(longest.initrds).default([]),
  // Pixiecore's first form: words by name, their values text, numbers, or `true` for a word alone.
  cmdline: z
    .union([
      z.string().max(longest.commandLine),
      z.record(
        z.string(),
        z.union([z.string(), z.number(), z.boolean(), z.strictObject({ url: z.string() })]),
      ),
    ])
    .default(""),
  message: z.string().max(longest.message).optional(),
});

/** Reads another API's answer. Its addresses may be relative to where it was asked; throws a `DecodeError` on nonsense. */
export function parseApiBoot(text: string, askedAt: string): ApiBoot {
  const parsed = answer.safeParse(json(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new DecodeError(issue?.path.join(".") || "answer", 0, issue?.message ?? "is no boot answer");
  }
  const { kernel, initrd, cmdline, message } = parsed.data;
  const absolute = (field: string, address: string) => absoluteAddress(field, address, askedAt);
  const commandLine =
    typeof cmdline === "string"
      ? cmdline.replaceAll(/\{\{\s*URL\s+[`"]([^`"]+)[`"]\s*\}\}/g, (_, address: string) =>
          absolute("cmdline", address),
        )
      : Object.entries(cmdline)
          .flatMap(([name, value]) => {
            if (value === false) return [];
            if (value === true || value === "") return [name];
            return [`${name}=${typeof value === "object" ? absolute("cmdline", value.url) : value}`];
          })
          .join(" ");
  for (const word of wordsOf(commandLine)) {
    const problem = word.includes("{{") ? "is a template that only Pixiecore fills in" : wordProblem(word);
    if (problem !== undefined) throw new DecodeError("cmdline", 0, `${JSON.stringify(word)} ${problem}`);
  }
  return {
    kernel: absolute("kernel", kernel),
    initrd: initrd.map((address) => absolute("initrd", address)),
    cmdline: commandLine,
    ...(message === undefined ? {} : { message }),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DecodeError("answer", 0, "is not JSON");
  }
}

/** As it stands in a script: one word that iPXE fetches over HTTP. */
function absoluteAddress(field: string, address: string, askedAt: string): string {
  const url = URL.parse(address, askedAt);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new DecodeError(field, 0, `${JSON.stringify(address.slice(0, 80))} is no address of HTTP or HTTPS`);
  }
  const problem = wordProblem(url.href);
  if (problem !== undefined) throw new DecodeError(field, 0, `${JSON.stringify(url.href)} ${problem}`);
  return url.href;
}

/** The script that boots what another API says. What it names is fetched from where it says, not through us. */
export function apiScript(
  { kernel, initrd, cmdline, message }: ApiBoot,
  { whenBootFails = "firmware" }: Pick<BootSite, "whenBootFails">,
): string {
  const names = initrd.map((_, index) => `initrd${index}`);
  const words = [...names.map((name) => `initrd=${name}`), ...wordsOf(cmdline)];
  const fetches = initrd.flatMap((url, index) => {
    const name = names[index] ?? "";
    return [task("fetch", name), orFail({ do: "initrd", name, url })];
  });
  return printScript([
    ...openingLines,
    say(...prose(message || "booting what the boot API says")),
    { label: "start" },
    run({ do: "inc", setting: "attempt" }),
    ...onlineLines,
    task("fetch", "kernel"),
    orFail({ do: "kernel", name: "kernel", url: kernel, commandLine: words }),
    ...fetches,
    task("start", "kernel"),
    { run: { do: "boot" }, otherwise: { do: "goto", label: "broken" } },
    ...brokenLines(),
    ...failureLines({
      again: "start",
      says: "Trying again",
      item: "Try again",
      unattended: whenBootFails,
    }),
  ]);
}

/** For who was told to ask, and whom the API knows no more than we do. */
export function apiRefusal(mac: string, why: string): string {
  return refusalScript(`${parseMac(mac) ?? "this machine"} is no machine of this site, and ${why}`);
}
