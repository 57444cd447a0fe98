/** One thing the doctor looked at. */
export interface Verdict {
  /** Stable, for scripts. */
  id: string;
  title: string;
  verdict: "good" | "limited" | "missing";
  /** What was found, in one sentence without its full stop. */
  says: string;
  /** What does not work because of it; always there unless the verdict is good. */
  disables?: string;
  /** The command or the step that mends it; likewise. */
  mend?: string;
  /** The files it is about, for whoever wants to compare two machines. */
  files?: readonly { path: string; version: string; sha256: string }[];
  /** Nothing boots before this is mended. */
  stopsBoots?: true;
}

/** Whether a lab can boot at all. */
export function canBoot(verdicts: readonly Verdict[]): boolean {
  return !verdicts.some(({ stopsBoots }) => stopsBoots === true);
}

/** A command that needs root, as this user has to type it. */
export function asRoot(command: string, uid: number): string {
  if (uid === 0) return command;
  return /[;&|>]/.test(command) ? `sudo sh -c '${command}'` : `sudo ${command}`;
}
