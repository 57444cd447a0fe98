/** Why a fetch was given up that a server could keep going for ever. */
const tooLong = (mostBytes: number) => new Error(`the answer is longer than ${mostBytes} bytes`);

/** GETs a short text within a deadline and a size. Redirects are answers, not ways: who is asked is who answers. */
export async function fetchText(
  address: string,
  { timeoutMs, mostBytes, signal }: { timeoutMs: number; mostBytes: number; signal: AbortSignal },
): Promise<{ status: number; text: string }> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(address, {
      redirect: "manual",
      headers: { accept: "application/json" },
      signal: AbortSignal.any([signal, deadline]),
    });
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    const body: AsyncIterable<Uint8Array> | null = response.body;
    for await (const chunk of body ?? []) {
      sizeBytes += chunk.length;
      if (sizeBytes > mostBytes) throw tooLong(mostBytes);
      chunks.push(chunk);
    }
    return { status: response.status, text: Buffer.concat(chunks).toString("utf8") };
  } catch (cause) {
    if (deadline.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: undefined });
    throw cause;
  }
}
