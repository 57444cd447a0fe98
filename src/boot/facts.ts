/** What the boot decision itself notices. */
export interface BootDecisionFacts {
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
}
