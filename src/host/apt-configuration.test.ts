import { describe, expect, test } from "vitest";
import { aptConfiguration } from "./apt-configuration.ts";

const dump = `APT::Architecture "amd64";
APT::Update::Post-Invoke "";
APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb || true";
APT::Get::AllowUnauthenticated "true";
Acquire "";
Acquire::http "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::Retries "5";
Acquire::AllowInsecureRepositories "1";
Acquire::AllowDowngradeToInsecureRepositories "1";
Acquire::AllowWeakRepositories "1";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "true";
Dir::State "var/lib/apt";`;

describe("the configuration of the private apt", () => {
  const lines = aptConfiguration("/store/apt/sid", dump, "arm64").split("\n");

  test("takes over how the machine reaches the archive", () => {
    expect(lines).toContain('Acquire::http::Proxy "http://proxy.example:3128";');
    // the machine's word stands after ours, and the last one counts
    expect(lines.findLast((line) => line.startsWith("Acquire::Retries"))).toBe('Acquire::Retries "5";');
  });

  test.each([
    "Post-Invoke",
    "AllowUnauthenticated",
    "AllowInsecure",
    "AllowWeak",
    "AllowDowngrade",
    "Contents",
  ])("does not take over %s", (word) => expect(lines.filter((line) => line.includes(word))).toEqual([]));

  test("keeps its state in the store and reads none of the machine's files", () => {
    expect(lines).toContain('Dir::State "/store/apt/sid/state";');
    expect(lines).toContain('Dir::Etc::parts "/dev/null";');
    expect(lines).not.toContain('Dir::State "var/lib/apt";');
    expect(lines.filter((line) => line.startsWith("APT::Architecture"))).toEqual([
      'APT::Architecture "arm64";',
      'APT::Architectures "arm64";',
    ]);
  });
});
