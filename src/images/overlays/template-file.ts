import type { TemplateProblem, Value, Variables } from "../../boot/template.ts";
import { fillPieces } from "../../boot/template.ts";
import type { Known } from "../../boot/variables.ts";
import { knownVariables, variablesFor } from "../../boot/variables.ts";
import type { Piece } from "./overlay.ts";
import { overlayError } from "./overlay.ts";

/** `{secret.NAME}` in a file. */
export const secretPrefix = "secret.";
export const secretName = /^[a-z][a-z0-9-]{0,63}$/;

/** What is known of a machine before it asks for anything. */
export type MachineKnown = Omit<Known, "image" | "architectures"> & Readonly<{ image?: string; ip?: string }>;

/** What files of this machine may refer to: what the site says of it, and secrets by their names. */
export function variablesOfMachine(machine: MachineKnown, own: ReadonlyMap<string, string>): Variables {
  const { image = "", ip } = machine;
  const known = variablesFor({ ...machine, image, architectures: [] }, own);
  const late = { absent: "is known only while the machine boots, and its overlay is made before" };
  const none = { absent: "needs an image, and the site names none for this machine" };
  // What differs from a command line, which is made while the machine boots.
  const other: Readonly<Record<string, Value | { absent: string }>> = {
    arch: late,
    ...(ip === undefined ? {} : { ip }),
    ...(image === "" ? { image: none, files: none } : {}),
  };
  const value: Variables["value"] = (name) => {
    if (name.startsWith(secretPrefix)) {
      return secretName.test(name.slice(secretPrefix.length)) ? { setting: name } : undefined;
    }
    const found = Object.hasOwn(other, name) ? other[name] : known.value(name);
    return typeof found === "object" && "setting" in found ? late : found;
  };
  const usable = Object.keys(knownVariables).filter((name) => {
    const found = value(name);
    return typeof found === "string" || (found !== undefined && "text" in found);
  });
  const owns = known.names.filter((name) => !Object.hasOwn(knownVariables, name));
  return { names: [...usable, ...owns, `${secretPrefix}NAME`], value };
}

/** A file with its variables filled in; what is wrong with one is an error that names its line. */
export function renderFile(bytes: Uint8Array, variables: Variables, file: string): Piece[] {
  const filled = linesOf(bytes, file).flatMap((line, index) => {
    const { pieces, problems } = fillPieces(line, variables);
    const [problem] = problems;
    if (problem) throw badTemplate(problem, `${file}:${index + 1}`);
    return pieces;
  });
  const pieces: Piece[] = [];
  let text = "";
  for (const piece of filled) {
    if (typeof piece === "string") text += piece;
    else {
      pieces.push(Buffer.from(text), { secret: piece.setting.slice(secretPrefix.length) });
      text = "";
    }
  }
  return [...pieces, Buffer.from(text)];
}

function badTemplate({ in: word, says, hint }: TemplateProblem, where: string) {
  const mend = hint ?? "write {{ or }} for a brace that is meant as one";
  return overlayError(`${JSON.stringify(word)} ${says}`, where, mend);
}

/** Each with its line feed. */
function linesOf(bytes: Uint8Array, file: string): string[] {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).split(/(?<=\n)/);
  } catch (cause) {
    throw overlayError("this template is no text in UTF-8", file, "name it without .tmpl", cause);
  }
}
