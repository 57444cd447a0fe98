import { DrybootError, formatError, isAbort } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import type { Site } from "../site/schema.ts";
import type { ServeFacts } from "./facts.ts";
import type { Gathered } from "./served-files.ts";
import { changesBetween, needsRestart } from "./site-changes.ts";

export interface ReloaderDeps {
  timeline: Recorder<ServeFacts>;
  read(): Promise<Site>;
  gather(site: Site): Promise<Gathered>;
  /** Takes the new site into use, at once and whole. */
  use(site: Site, gathered: Gathered): void;
}

/** Replaces the site of a running server by what its file says now, or leaves everything as it is and says why. */
export class Reloader {
  #site: Site;
  readonly #deps: ReloaderDeps;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(site: Site, deps: ReloaderDeps) {
    this.#site = site;
    this.#deps = deps;
  }

  /** Asked again meanwhile, it reads the file once more afterwards: it may have changed behind the reader's back. */
  async reload(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return await this.#running;
    }
    this.#running = this.#untilCurrent().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #untilCurrent(): Promise<void> {
    do {
      this.#again = false;
      await this.#once();
    } while (this.#again);
  }

  async #once(): Promise<void> {
    const { timeline, read, gather, use } = this.#deps;
    try {
      const site = await read();
      const fixed = needsRestart(this.#site, site);
      if (fixed.length > 0) throw restartNeeded(fixed, site.name);
      const gathered = await gather(site);
      const changes = changesBetween(this.#site, site);
      use(site, gathered);
      this.#site = site;
      timeline.record("serve.reloaded", { changes });
      for (const warning of gathered.warnings) timeline.record("serve.warned", warning);
    } catch (error) {
      if (isAbort(error)) return; // the server is being stopped
      timeline.record("serve.reload-failed", inWords(error));
    }
  }
}

function restartNeeded(fixed: readonly string[], site: string): DrybootError {
  return new DrybootError(`a running server cannot change ${fixed.join(" and ")}`, {
    code: "RESTART_NEEDED",
    where: `site ${site}`,
    hint: "restart `dryboot serve` for the new site, or undo that change and reload again",
  });
}

function inWords(error: unknown): ServeFacts["serve.reload-failed"] {
  if (error instanceof DrybootError) {
    const why = error.cause instanceof Error ? ` (${error.cause.message.split("\n", 1)[0]})` : "";
    // The mistakes of a site file stand on a line each.
    const problem = `${error.message}${why}`.replaceAll(/\s*\n\s*/g, " / ");
    return { problem, where: error.where, next: error.hint };
  }
  const [problem = ""] = formatError(error).split("\n");
  return { problem, where: "reload", next: "please report it" };
}
