import { expect, test } from "vitest";
import { sayInputs } from "./say-inputs.ts";

const file = (name: string, signedBy?: string) => ({
  ...{ url: `https://mirror/main/${name}`, sha256: "00", sizeBytes: 1 },
  ...(signedBy === undefined ? {} : { signedBy }),
});

test("many files of one folder and one signer are said as one", () => {
  const inputs = [
    { package: "linux", version: "6.1", sha256: "00" },
    file("root.tar.gz"),
    ...["a.apk", "b.apk", "c.apk"].map((name) => file(name, "key.pub")),
  ];
  expect(sayInputs(inputs)).toBe(
    "linux 6.1; https://mirror/main/root.tar.gz; 3 files of https://mirror/main, signed by key.pub",
  );
});
