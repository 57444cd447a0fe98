/** What is reported of machines that hand in their state. */
export interface StateFacts {
  /** It is on disk; with `same`, it was there before. */
  "state.pushed": {
    machine: string;
    from: string;
    version: number;
    sizeBytes: number;
    sha256: string;
    same?: true;
  };
  /** Nothing of it was kept. `machine` is there when it is known whose it was to be. */
  "state.refused": { machine?: string; from: string; reason: string };
  /** A machine that boots was handed this version of its state. */
  "state.handed-out": { machine: string; mac: string; version: number };
}
