/** What the boot decision itself notices. */
export interface BootDecisionFacts {
  /** A machine does not boot what it usually does; with `fellBack`, because that did not report ready. */
  "boot.turned": { machine: string; mac: string; says: string; image?: string; fellBack?: true };
  /** The image that was deployed on a machine has reported ready: it is the regular one from now on. */
  "deploy.promoted": { machine: string; image: string; old?: string };
  /** It had its one boot, and nothing was heard of it. */
  "deploy.rolled-back": { machine: string; mac: string; image: string; to: string };
  /** What a machine was given is not on disk: after a restart the server knows of its last boot no more. */
  "machine.unsaved": { machine: string; problem: string };
  /** Somebody decided what a machine boots. */
  "machine.assigned": { machine: string; by: "control" | "http"; says: string };
  /** The same thing was fetched again and again without getting further: from now on it is answered otherwise. */
  "boot.looping": {
    mac: string;
    what: "loader" | "script";
    file: string;
    times: number;
    withinMs: number;
    /** What last went wrong in between. */
    problem?: string;
  };
  /** An iPXE asked for `autoexec.ipxe`: what it was given, or why it was told at once that there is none. */
  "autoexec.answered": { from: string; mac?: string; file: string; script: boolean; reason: string };
  /** Another boot API was asked about a machine; without a kernel it has nothing for it. */
  "api.answered": { mac: string; address: string; status: number; kernel?: string };
  /** It could not be asked, or its answer could not be used. */
  "api.failed": { mac: string; address: string; problem: string };
}
