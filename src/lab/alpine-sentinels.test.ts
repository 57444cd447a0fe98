import { describe, expect, test } from "vitest";
import { ConsoleText } from "./console-text.ts";
import { findSentinel } from "./sentinels.ts";

/** As a console shows it: apk puts its bar between saving the cursor and restoring it. */
const shown = (bytes: string) => new ConsoleText().append(bytes);

describe("signs that Alpine does not become what was asked for", () => {
  test.each([
    ["no-card", "ERROR: IP requested but no network interface was found\r\n"],
    [
      "wget-failed",
      "Connecting to 10.69.0.1 (10.69.0.1:80)\r\nwget: server returned error: HTTP/1.1 404 Not Found\r\n",
    ],
    ["wget-failed", "wget: can't connect to remote host (10.69.0.1): Connection refused\r\n"],
    ["wget-failed", "wget: bad address 'no.such.host'\r\n"],
    [
      "overlay-suffix",
      " * Loading user settings from /tmp/node1.apkovl.tar.bz2: ERROR: unable to select packages:\r\n  openssl (no such package):\r\n    required by: world[openssl]\r\nfailed. \r\n",
    ],
    ["overlay-suffix", "failed. Cipher bz2 is not supported\r\n"],
    ["untrusted-index", "WARNING: opening http://10.69.0.1/main: UNTRUSTED signature\r\n"],
    [
      "repository-unreachable",
      "WARNING: updating and opening http://10.69.0.1:9/main: could not connect to server (check repositories file)\r\n",
    ],
    [
      "repository-unreachable",
      "WARNING: updating and opening http://10.69.0.1/nothing: No such file or directory\r\n",
    ],
    [
      "repository-unreachable",
      "WARNING: opening from cache http://10.69.0.1/main: No such file or directory\r\n",
    ],
    ["bad-package", "ERROR: musl-1.2.4_git20230717-r4: BAD signature\r\n"],
    ["nothing-installed", "\x1b7  0%                       \x1b8\x1b[0KOK: 0 MiB in 0 packages\r\n"],
    ["nothing-installed", "/sbin/init not found in new root. Launching emergency recovery shell\r\n"],
    ["nothing-installed", "/sbin/init not found in new root\r\n"], // from Alpine 3.23 on
    ["modloop-kernel", "modprobe: can't change directory to '6.6.14-0-virt': No such file or directory\r\n"],
    ["emergency-shell", "initramfs emergency recovery shell launched. Type 'exit' to continue boot\r\n"],
    ["emergency-shell", "Launching initramfs emergency recovery shell.\r\n"],
  ])("%s: %j", (id, bytes) => expect(findSentinel(shown(bytes))?.sentinel.id).toBe(id));

  test.each([
    "\x1b7100% ####\x1b8\x1b[0KExecuting busybox-1.36.1-r15.trigger\r\nOK: 10 MiB in 25 packages\r\n",
    " * Loading user settings from /tmp/52:54:00:69:00:0a.apkovl.tar.gz: ok.\r\n",
    "Connecting to 10.69.0.1 (10.69.0.1:80)\r\nsaving to '/lib/modloop-virt'\r\n",
    "fetch http://10.69.0.1/mirror/alpine/v3.19/main/x86_64/APKINDEX.tar.gz\r\n",
  ])("none is %j", (bytes) => expect(findSentinel(shown(bytes))).toBeUndefined());
});
