import { DecodeError } from "../../core/errors.ts";

/** The container of apk 3: "ADB." plain, "ADBd" and "ADBc" compressed (apk-v3(5)). */
const magic = /^ADB[.dc]/;

/** Says by its name what is not read here: all of Alpine's repositories are still of version 2. */
export function refuseAdb(bytes: Uint8Array, field: string): void {
  if (!magic.test(Buffer.from(bytes.subarray(0, 4)).toString("latin1"))) return;
  throw new DecodeError(field, 0, "this is a file of apk version 3 (ADB), and only version 2 is read");
}
