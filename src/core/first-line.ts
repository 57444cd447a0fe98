import type { Socket } from "node:net";

/** What a socket says up to its first line end, which must come within `longest` characters. The socket stays open. */
export async function firstLine(socket: Socket, longest: number): Promise<string> {
  let line = "";
  for await (const chunk of socket.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    line += String(chunk);
    if (line.length > longest) throw new Error("the line is too long");
    const end = line.indexOf("\n");
    if (end !== -1) return line.slice(0, end);
  }
  throw new Error("it hung up");
}
