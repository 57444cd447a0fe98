import { DecodeError, DrybootError } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import type { HttpRequest } from "../http/request.ts";
import type { HttpAnswer } from "../http/server.ts";
import type { Upload } from "../http/upload.ts";
import { bounded } from "../http/upload.ts";
import { behindFirstLine, fromBase64 } from "../images/state/base64-body.ts";
import type { StateFacts } from "../images/state/facts.ts";
import type { Histories } from "../images/state/histories.ts";
import type { StatePolicy } from "../images/state/history.ts";
import { isSameToken, stateToken } from "../images/state/state-token.ts";

/** Where states are kept, and what machines' tokens are made of. */
export interface StateKeeping {
  histories: Histories;
  secret: string;
}

/** What decides who may hand in what. */
export interface PushWorld extends StateKeeping {
  /** As the site is now; undefined where nothing is kept. */
  policy(): StatePolicy | undefined;
  /** The machine of the site whose lease this address is, or whose it would be. */
  machineAt(address: string): Readonly<{ name: string; mac: string }> | undefined;
  timeline: Recorder<StateFacts>;
}

/**
 * `PUT` or `POST` of `/v1/state/MACHINE.apkovl.tar.gz`; what is behind the machine's name may be missing. With
 * `?encoding=base64` the body is the token, a line end, and the archive in base64.
 */
const path = /^v1\/state\/([^/]+?)(?:\.apkovl\.tar\.gz)?$/;

/**
 * Who takes what a machine hands in: from the address that is leased to it, with its own token. The token alone might
 * have been seen on the wire, the address alone be somebody else's by now.
 */
export function stateUpload(request: HttpRequest, world: PushWorld): Upload | HttpAnswer | undefined {
  const [, name] = path.exec(request.path) ?? [];
  if (name === undefined) return undefined;
  const { address: from } = request;
  const policy = world.policy();
  if (!policy)
    return refused(world, { from }, 404, "no states are kept here (`state.mode` of the site is off)");
  const machine = world.machineAt(from);
  if (machine?.name !== name) {
    const reason = `the address belongs to ${machine?.name ?? "no machine of the site"}`;
    return refused(world, { from }, 403, "only from the machine's own address", reason);
  }
  const inBase64 = request.query.get("encoding") === "base64";
  const who = { machine: name, from };
  const upload: Upload = {
    // 4 characters for 3 bytes, a line end behind every 76, which may be two characters, and the line of the token.
    mostBytes: inBase64
      ? 256 + Math.ceil((policy.largestBytes / 3 + 1) * 4 * (78 / 76))
      : policy.largestBytes,
    async take(body) {
      const sent = inBase64 ? await behindFirstLine(body) : undefined;
      if (!(await isToken(sent?.line ?? bearer(request), machine, world))) {
        return refused(world, who, 401, "the machine's token is missing or wrong");
      }
      const bytes = sent ? bounded(fromBase64(sent.rest), policy.largestBytes) : body;
      return accepted(world, who, await world.histories.take({ ...who, body: bytes }, policy.keep));
    },
  };
  return orRefused(upload, world, who);
}

/** Who sends what cannot be taken is told why; what is nobody's fault but ours, or the network's, goes on as it was. */
function orRefused(upload: Upload, world: PushWorld, who: { machine: string; from: string }): Upload {
  return {
    ...upload,
    async take(body) {
      try {
        return await upload.take(body);
      } catch (error) {
        const status = statusOf(error);
        const answer = refused(
          world,
          who,
          status ?? 500,
          error instanceof Error ? error.message : String(error),
        );
        if (status === undefined) throw error;
        return answer;
      }
    },
  };
}

const bearer = ({ headers }: HttpRequest) => /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";

async function isToken(
  given: string,
  machine: Readonly<{ name: string; mac: string }>,
  { histories, secret }: StateKeeping,
): Promise<boolean> {
  const { tokensRevoked } = await histories.of(machine.name);
  return isSameToken(given, stateToken(secret, machine, tokensRevoked));
}

function accepted(
  { timeline, policy }: PushWorld,
  { machine, from }: { machine: string; from: string },
  { version, isNew, chosen }: Awaited<ReturnType<Histories["take"]>>,
): HttpAnswer {
  const { number, sizeBytes, sha256 } = version;
  const same = isNew ? {} : { same: true as const };
  timeline.record("state.pushed", { machine, from, version: number, sizeBytes, sha256, ...same });
  const says = isNew ? `version ${number} of ${machine}` : `the same as version ${number} of ${machine}`;
  // Whoever commits expects to find it again after the next boot.
  const other =
    chosen === undefined
      ? policy()?.handOut === "chosen"
        ? "; it is handed out when it is chosen (dryboot state restore)"
        : ""
      : `; version ${chosen} is handed out, for it was chosen (dryboot state restore)`;
  return { status: isNew ? 201 : 200, text: `${says}${other}\n` };
}

function refused(
  { timeline }: PushWorld,
  who: { machine?: string; from: string },
  status: number,
  text: string,
  reason = text,
): HttpAnswer {
  timeline.record("state.refused", { ...who, reason });
  return { status, text: `${text}\n`, reason };
}

/** Of what whoever sends it, or whoever keeps this server, can mend. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof DecodeError) return 422;
  if (!(error instanceof DrybootError)) return undefined;
  return { STATE_BUSY: 503, NO_SPACE: 507 }[error.code];
}
