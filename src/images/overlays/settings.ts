import { parse, YAMLParseError } from "yaml";
import * as z from "zod";
import { formatPath } from "../../core/place.ts";
import { overlayError } from "./overlay.ts";

/** The file of a layer that is not laid over anything: it says what a folder cannot. */
export const settingsFile = "overlay.yaml";

const path = z.string().min(1).max(255);
const service = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*$/, { error: "expected the name of a service, as in /etc/init.d" });
/** A name with an optional version, tag or negation (apk-world(5)). */
export const packageWord = /^!?[A-Za-z0-9][\w.+:-]*(@[\w.-]+|(<=|>=|[<>=~])[\w.~-]+)?$/;
const packageName = z
  .string()
  .regex(packageWord, { error: "expected a package as apk has it in `world`, such as openssh or vim>9" });
const publicKey = z
  .string()
  .regex(/^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d+|sk-[\w@.-]+) [A-Za-z0-9+/]+=*( [\x20-\x7e]*)?$/, {
    error: "expected a public key on one line, such as `ssh-ed25519 AAAA... somebody`",
  });
const mode = z
  .string()
  .regex(/^[0-7]{3,4}$/, { error: 'expected permissions in quotes, such as "0600"' })
  .refine((text) => Number.parseInt(text, 8) !== 0, { error: "expected permissions for somebody" });
const owner = z.string().regex(/^(root|\d{1,5})(:(root|\d{1,5}))?$/, {
  error: 'expected an owner in quotes, by numbers, such as "100:101"',
});

const schema = z.strictObject({
  /** What is not root's with 0644 (0755 for folders and what may be run). */
  files: z
    .record(
      path,
      z.strictObject({ mode: mode.optional(), owner: owner.optional(), setuid: z.boolean().optional() }),
    )
    .default({}),
  /** Files besides `*.tmpl` in which variables are filled in. */
  templates: z.array(path).default([]),
  /** What is started, by runlevel. */
  services: z
    .partialRecord(z.enum(["sysinit", "boot", "default", "nonetwork", "shutdown"]), z.array(service))
    .default({}),
  /** Whether what Alpine starts by itself is started too. */
  defaultServices: z.boolean().optional(),
  /** What is installed, besides what other layers ask for. */
  packages: z.array(packageName).default([]),
  /** Who may log in as root by SSH. */
  sshKeys: z.array(publicKey).default([]),
});

export type LayerSettings = z.infer<typeof schema>;

/** What a layer's `overlay.yaml` says; `where` names the file in errors. */
export function parseLayerSettings(text: string, where: string): LayerSettings {
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const [at] = error.linePos ?? [];
    const place = at ? `${where}:${at.line}:${at.col}` : where;
    throw overlayError("this is no YAML", place, "correct it there", error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const place = first && first.path.length > 0 ? `\`${formatPath(first.path)}\`: ` : "";
  throw overlayError(
    `${place}${first?.message ?? "invalid"}`,
    where,
    "docs/overlays.md shows what may be there",
  );
}

/** The numbers of an owner that was let pass. */
export function parseOwner(text: string): { uid: number; gid: number } {
  const [user = "0", group = user] = text.split(":").map((name) => (name === "root" ? "0" : name));
  return { uid: Number(user), gid: Number(group) };
}
