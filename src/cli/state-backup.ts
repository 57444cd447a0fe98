import { resolve } from "node:path";
import * as z from "zod";
import { projectFolder } from "../core/folders.ts";
import { formatSize } from "../core/units.ts";
import { restoreBackup, writeBackup } from "../images/state/backup.ts";
import type { Cipher } from "../images/state/backup-cipher.ts";
import { ageCipher, openPgpCipher } from "../images/state/backup-cipher.ts";
import type { Histories } from "../images/state/histories.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { usageError } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

/** The flags of `dryboot state backup`. */
export const backupFlags = {
  to: z
    .string()
    .optional()
    .describe("With `backup`: the folder to write an encrypted file to")
    .meta({ placeholder: "DIR" }),
  recipient: z
    .array(z.string())
    .default([])
    .describe("With `backup`: whom it is encrypted for, with age; several may be given")
    .meta({ placeholder: "age1..." }),
  openpgp: z
    .string()
    .optional()
    .describe("With `backup`: a public key of OpenPGP that it is encrypted for, in place of age")
    .meta({ placeholder: "KEYFILE" }),
  keep: z
    .int()
    .min(1)
    .max(10_000)
    .default(30)
    .describe("With `backup`: so many of the last backups stay in DIR"),
  restore: z
    .string()
    .optional()
    .describe("With `backup`: put back what this file holds of machines that have no history here")
    .meta({ placeholder: "FILE" }),
  key: z
    .string()
    .optional()
    .describe("With `--restore`: the identity file of age, or the private key of OpenPGP")
    .meta({ placeholder: "KEYFILE" }),
  printTimer: z
    .boolean()
    .default(false)
    .describe("With `backup`: print units of systemd that do so every night, and do nothing"),
};

export interface BackupOptions {
  to?: string | undefined;
  recipient: readonly string[];
  openpgp?: string | undefined;
  keep: number;
  restore?: string | undefined;
  key?: string | undefined;
  printTimer: boolean;
  state?: string | undefined;
  json: boolean;
}

/** `dryboot state backup`: to a file, back from one, or how to have it done. */
export async function backup(
  _: readonly string[],
  { histories, options, terminal }: { histories: Histories; options: BackupOptions; terminal: Terminal },
): Promise<void> {
  const { to, restore, key, json } = options;
  if (restore !== undefined) {
    if (key === undefined) throw wrong("`--restore` needs the key", "add `--key KEYFILE`");
    const machines = await restoreBackup(resolve(restore), resolve(key), histories);
    if (json) terminal.out(JSON.stringify({ restored: machines }));
    else terminal.out(`put back: ${machines.length === 0 ? "nothing, it is empty" : machines.join(", ")}`);
    return;
  }
  if (to === undefined) throw wrong("nobody said where to", "add `--to DIR`, or `--restore FILE`");
  if (options.printTimer) {
    terminal.out(units(to, options));
    return;
  }
  const keep = { last: options.keep, daily: 0, weekly: 0 };
  const done = await writeBackup(resolve(to), histories, { cipher: await cipherOf(options), keep });
  if (json) terminal.out(JSON.stringify(done));
  else {
    const removed = done.removed.length === 0 ? "" : `, removed ${done.removed.length} older`;
    terminal.out(`${done.file}: ${formatSize(done.sizeBytes)}${removed}`);
  }
}

async function cipherOf({ recipient, openpgp }: BackupOptions): Promise<Cipher> {
  if (openpgp !== undefined && recipient.length === 0) return await openPgpCipher(resolve(openpgp));
  if (openpgp === undefined && recipient.length > 0) return ageCipher(recipient);
  throw wrong(
    "a backup is encrypted for somebody",
    "add `--recipient age1...` (of `age-keygen`) or `--openpgp KEYFILE`, one of them",
  );
}

const wrong = (what: string, hint: string) => usageError(what, "dryboot state backup", hint);

/** A service that does what was asked for, and a timer. Paths are written out: systemd knows no working folder. */
function units(to: string, { recipient, openpgp, keep, state }: BackupOptions): string {
  const words = [
    resolve(projectFolder, "dryboot"),
    ...["state", "backup", "--to", resolve(to), "--keep", String(keep)],
    ...["--state", resolve(state ?? defaultStateFolder())],
    ...recipient.flatMap((one) => ["--recipient", one]),
    ...(openpgp === undefined ? [] : ["--openpgp", resolve(openpgp)]),
  ];
  return `# /etc/systemd/system/dryboot-state-backup.service
[Unit]
Description=Encrypted backup of what machines keep of themselves

[Service]
Type=oneshot
ExecStart=${words.map(quoted).join(" ")}
UMask=0077
PrivateTmp=yes
NoNewPrivileges=yes

# /etc/systemd/system/dryboot-state-backup.timer
[Unit]
Description=Every night

[Timer]
OnCalendar=daily
RandomizedDelaySec=1h
Persistent=yes

[Install]
WantedBy=timers.target

# systemctl daemon-reload && systemctl enable --now dryboot-state-backup.timer`;
}

/** As systemd reads it (systemd.service(5), "Command lines"): `%` and `$` mean something there. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  if (/^[\w@%+=:,./-]+$/.test(plain)) return plain;
  return `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
