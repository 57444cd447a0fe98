/** How RFC 9110 spells the names of the headers we send. */
const spellings: Readonly<Record<string, string>> = {
  "accept-ranges": "Accept-Ranges",
  allow: "Allow",
  connection: "Connection",
  "content-length": "Content-Length",
  "content-range": "Content-Range",
  "content-type": "Content-Type",
  etag: "ETag",
  "last-modified": "Last-Modified",
};

/**
 * The headers under those names. They mean the same in any case (RFC 9110 §5.1), but GRUB up to 2.06 finds the length of
 * a file only under `Content-Length`, to the letter (its `net/http.c`), and verifies no file whose length it lacks.
 */
export function spelledOut(headers: Readonly<Record<string, string>>): Record<string, string> {
  const spelled: Record<string, string> = {};
  for (const name of Object.keys(headers)) spelled[spellings[name] ?? name] = headers[name] ?? "";
  return spelled;
}
