import type { Mistake } from "./mistake.ts";
import type { Site } from "./schema.ts";

type Nixos = Extract<Site["images"][string], { recipe: "nixos" }>;
type Key = "release" | "configuration" | "flake";

/** What each origin of a NixOS goes by; anything else beside it would be passed over. */
const meant: ReadonlyMap<string, readonly Key[]> = new Map([
  ["release", ["release"]],
  ["nix-build", ["configuration", "flake"]],
]);

/** Whether each NixOS of a site says what its origin needs, and nothing that would not count. */
export function checkNixos({ images }: Site): Mistake[] {
  return Object.entries(images).flatMap(([name, image]) =>
    image.recipe === "nixos" ? checkOne(image, ["images", name]) : [],
  );
}

function checkOne(image: Nixos, path: readonly string[]): Mistake[] {
  const { from } = image;
  const counts = meant.get(from) ?? [];
  const given = (["release", "configuration", "flake"] as const).filter((key) => image[key] !== undefined);
  const idle = given.find((key) => !counts.includes(key));
  if (idle !== undefined) {
    const origin = idle === "release" ? "release" : "nix-build";
    return [
      {
        path: [...path, idle],
        says: `says nothing beside \`from: "${from}"\``,
        hint: `write \`from: "${origin}"\``,
      },
    ];
  }
  if (counts.length > 0 && given.length !== 1) {
    const wanted = counts.map((key) => `\`${key}\``).join(" or ");
    return [
      { path, says: `needs ${wanted} beside \`from: "${from}"\`${given.length > 1 ? ", and only one" : ""}` },
    ];
  }
  if (/\.tar\.(?:xz|zst|bz2)$|\.zip$/.test(from)) {
    return [
      {
        path: [...path, "from"],
        says: `is ${from}: only .tar.gz can be read`,
        hint: "unpack it, and name the folder",
      },
    ];
  }
  return [];
}
