import { resolve } from "node:path";
import { expect, test } from "vitest";
import { alpineMirrors, mirrorsHere } from "./mirrors.ts";

const at = (DRYBOOT_ALPINE_MIRROR?: string) => alpineMirrors({ DRYBOOT_ALPINE_MIRROR });

test("mirrors are tried in the order in which the setting has them", () => {
  expect(at(" /srv/alpine , http://mirror.lab/alpine/ ,")).toEqual([
    "/srv/alpine",
    "http://mirror.lab/alpine",
  ]);
  expect(at("mirror")).toEqual([resolve("mirror")]);
});

test("without the setting there is Alpine's own", () => {
  for (const given of [undefined, "", " , "]) expect(at(given)).toEqual([expect.stringMatching(/^https:/)]);
});

test("a folder is what machines find here", () => {
  const here = (DRYBOOT_ALPINE_MIRROR: string) => mirrorsHere({ DRYBOOT_ALPINE_MIRROR });
  expect(here("http://mirror.lab,/srv/alpine,/srv/other")).toEqual([["alpine", "/srv/alpine"]]);
  expect(here("http://mirror.lab")).toEqual([]);
});
