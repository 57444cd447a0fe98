import { describe, expect, test } from "vitest";
import { findDebian, formatSources, parseSourcesFile, parseSourcesList } from "./apt-sources.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const debian12 = `
# what an image of Debian 12 comes with
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: ${keyring}

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: ${keyring}
`;

describe("this machine's apt sources", () => {
  test("are read from stanzas, continuation lines and comments included", () => {
    expect(parseSourcesFile(debian12)).toEqual([
      {
        uri: "http://mirror.example/debian",
        suites: ["bookworm", "bookworm-updates"],
        components: ["main"],
        signedBy: keyring,
        enabled: true,
      },
      expect.objectContaining({ uri: "http://mirror.example/debian-security" }),
    ]);
  });

  test.each([
    [
      "deb http://m.example/debian bookworm main contrib # ours",
      ["bookworm"],
      ["main", "contrib"],
      undefined,
    ],
    [
      `  deb [arch=amd64 signed-by=${keyring}]  http://m.example/debian  sid  main`,
      ["sid"],
      ["main"],
      keyring,
    ],
  ])("are read from the line %j", (line, suites, components, signedBy) => {
    const [source] = parseSourcesList(line);
    expect(source).toMatchObject({ uri: "http://m.example/debian", suites, components });
    expect(source?.signedBy).toBe(signedBy);
  });

  test.each([
    "# deb http://m.example/debian sid main",
    "deb-src http://m.example/debian sid main",
    "deb",
    "",
  ])("are not read from the line %j", (line) => expect(parseSourcesList(line)).toEqual([]));
});

describe("Debian's archive among the sources", () => {
  const list = (text: string) => findDebian(parseSourcesList(text));

  test("is found with its security updates and its keyring", () => {
    expect(findDebian(parseSourcesFile(debian12))).toEqual({
      uri: "http://mirror.example/debian",
      securityUri: "http://mirror.example/debian-security",
      keyring,
    });
  });

  test("is not taken for another archive's suites, components or keys", () => {
    const others = [
      "deb https://a.example/apt bookworm-pgdg main",
      "deb https://b.example/linux/debian bookworm stable",
      "deb [signed-by=/usr/share/keyrings/grafana.gpg] https://c.example/oss/deb stable main",
      "deb cdrom:[Debian 12]/ bookworm main",
    ];
    expect(list(others.join("\n"))).toBeUndefined();
  });

  test("is the one with Debian's keys where several could be it", () => {
    const plain = "deb http://a.example/debian stable main";
    const signed = `deb [signed-by=${keyring}] http://b.example/mirror bookworm main`;
    expect(list(`${plain}\n${signed}`)?.uri).toBe("http://b.example/mirror");
    expect(list(plain)).toEqual({ uri: "http://a.example/debian", keyring });
  });

  test("may be disabled, but an enabled one counts first", () => {
    const stanza = (uri: string, enabled: string) =>
      `Types: deb\nURIs: ${uri}\nSuites: bookworm\nComponents: main\nEnabled: ${enabled}\n`;
    const disabled = stanza("http://a.example/debian", "no");
    expect(findDebian(parseSourcesFile(disabled))?.uri).toBe("http://a.example/debian");
    const both = `${disabled}\n${stanza("http://b.example/mirror", "yes")}`;
    expect(findDebian(parseSourcesFile(both))?.uri).toBe("http://b.example/mirror");
  });
});

describe("the sources of the private apt", () => {
  const archive = { uri: "http://m.example/debian", securityUri: "http://m.example/security", keyring };

  test("name one release and its security updates, with Debian's keys", () => {
    expect(parseSourcesFile(formatSources(archive, "trixie"))).toEqual([
      expect.objectContaining({ uri: archive.uri, suites: ["trixie"], signedBy: keyring }),
      expect.objectContaining({ uri: archive.securityUri, suites: ["trixie-security"], signedBy: keyring }),
    ]);
  });

  test("have no security updates for sid, which has none", () => {
    expect(parseSourcesFile(formatSources(archive, "sid"))).toHaveLength(1);
  });
});
