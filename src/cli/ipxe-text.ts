import { formatSize } from "../core/units.ts";
import type { IpxeBuild } from "../images/ipxe-builds.ts";
import type { Terminal } from "./terminal.ts";

/** What a build of iPXE holds, and what it was made of. */
export function describeBuild({ name, files, made }: IpxeBuild): string[] {
  const kind = ({ firmware, cpu }: IpxeBuild["files"][number]) =>
    firmware === "bios" ? "BIOS" : `${cpu} UEFI`;
  const lines = files.map((file) => {
    const version = file.version === undefined ? "" : `, iPXE ${file.version}`;
    return `  ${file.serve}: ${kind(file)}${version}, ${formatSize(file.sizeBytes)}, sha256 ${file.sha256.slice(0, 12)}`;
  });
  if (!made) return lines;
  const options = Object.entries(made.options).map(([option, value]) => ` ${option}=${value}`);
  const embed =
    made.embedSha256 === undefined ? "" : `, a script embedded (sha256 ${made.embedSha256.slice(0, 12)})`;
  const commit = `${made.commit}${made.modified ? " with changes" : ""}`;
  return [...lines, `  ${name} is of ${commit}, gcc ${made.compiler}${embed}${options.join("")}`];
}

export function tellBuild(build: IpxeBuild, done: string, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(JSON.stringify(build));
    return;
  }
  terminal.out(`${build.name}: ${done}; a site takes it by \`loaders: { ipxe: "${build.name}" }\``);
  for (const line of describeBuild(build)) terminal.out(line);
}
