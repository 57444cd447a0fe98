import type { BootSite } from "../boot/boot-site.ts";
import type { Recorder } from "../core/timeline.ts";
import type { HttpRequest } from "../http/request.ts";
import type { HttpAnswer } from "../http/server.ts";
import type { Upload } from "../http/upload.ts";
import type { StateFacts } from "../images/state/facts.ts";
import type { StatePolicy } from "../images/state/history.ts";
import { handedState, noOverlay, overlayOwner } from "./handed-state.ts";
import type { MachineFile } from "./machine-files.ts";
import type { StateKeeping } from "./state-push.ts";
import { stateUpload } from "./state-push.ts";

/** What machines keep of themselves, as HTTP takes it and hands it out. */
export interface KeptStates {
  upload(request: HttpRequest): Upload | HttpAnswer | undefined;
  /** Every machine has an overlay where states are kept: it is how it gets what it needs to hand one in. */
  fileFor(path: string, given: MachineFile | undefined): MachineFile | undefined;
  /** An overlay that is handed out, with the machine's state in it; any other answer as it is. */
  filled(answer: HttpAnswer, path: string): Promise<HttpAnswer>;
}

/** Nothing of all that where nothing is kept: without a folder for it, or by the word of the site. */
export function keptStates(
  keeping: StateKeeping | undefined,
  world: {
    served(): Readonly<{ site: BootSite; states?: StatePolicy | undefined }>;
    macAt(address: string): string | undefined;
    timeline: Recorder<StateFacts>;
  },
): KeptStates {
  const { served, macAt, timeline } = world;
  const ownerOf = (path: string) =>
    keeping && served().states ? overlayOwner(path, served().site) : undefined;
  return {
    upload(request) {
      const machineAt = (from: string) => {
        const owner = macAt(from);
        return served().site.machines.find(({ mac }) => mac === owner);
      };
      return (
        keeping && stateUpload(request, { ...keeping, policy: () => served().states, machineAt, timeline })
      );
    },
    fileFor(path, given) {
      const owner = given ? undefined : ownerOf(path);
      return owner ? { file: noOverlay, for: { mac: owner.mac } } : given;
    },
    async filled(answer, path) {
      const [owner, { site, states: policy }] = [ownerOf(path), served()];
      if (!keeping || !policy || !owner || !("file" in answer)) return answer;
      try {
        return {
          ...answer,
          file: await handedState(answer.file, owner, { ...keeping, policy, site, timeline }),
        };
      } catch (error) {
        answer.ended?.(false); // nobody was given anything
        throw error;
      }
    },
  };
}
