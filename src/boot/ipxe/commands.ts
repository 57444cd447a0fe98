/** The releases that Debian packages; their BIOS builds were asked for every command's usage under QEMU. */
export const releases = ["1.0.0", "1.21.1", "2.0.0"] as const;
export type Release = (typeof releases)[number];

/** What iPXE reads behind a command's name. */
export interface Grammar {
  /** Long names; the letter is the first one unless it is said here. */
  options: readonly Option[];
  /** How many words may follow the options. */
  least: number;
  most: number;
  /** Debian's 1.0.0 does not have it. */
  since?: "1.21.1";
  /** No build of Debian's has it: its user has built an iPXE of his own. */
  ownBuild?: true;
  /** What is fetched, asked or started by it may be missing, and then it fails. */
  fails?: true;
  /** It waits for a person or for time to pass. */
  waits?: true;
  /** Nothing behind it is run when it works. */
  ends?: true;
}

export interface Option {
  name: string;
  letter: string;
  /** Whether a value follows. */
  takes: boolean;
  since?: "1.21.1";
}

/** `timeout=` takes a value, `!retimeout=` came after 1.0.0, `x:ecx` has a letter of its own. */
function options(text: string): Option[] {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const newer = word.startsWith("!");
      const [letter, long] = /^!?(?:(\w):)?([\w-]+)=?$/.exec(word)?.slice(1) ?? [];
      const name = long ?? "";
      return {
        name,
        letter: letter ?? name.slice(0, 1),
        takes: word.endsWith("="),
        ...(newer ? { since: "1.21.1" as const } : {}),
      };
    });
}

type About = Omit<Grammar, "options" | "least" | "most">;

const many = 1000;
const command = (opts: string, least: number, most: number, about: About = {}): Grammar => ({
  options: options(opts),
  least,
  most,
  ...about,
});

const newer = { since: "1.21.1" } as const;
const own = { ownBuild: true } as const;
const fails = { fails: true } as const;
const waits = { waits: true } as const;
const interfaces = (about?: About) => command("", 0, many, about);
const image = "name= timeout= autofree";

/** Every command, by name, as the releases explain it when they are asked with `--help`. */
export const commands: ReadonlyMap<string, Grammar> = new Map(
  Object.entries({
    autoboot: interfaces({ ...fails, ends: true }),
    boot: command(`${image} replace`, 0, many, { ...fails, ends: true }),
    certfree: command("subject=", 0, 0, newer),
    certstat: command("subject=", 0, 0, newer),
    certstore: command("subject= keep", 0, 1, { ...newer, ...fails }),
    chain: command(`${image} replace`, 0, many, fails),
    choose: command("menu= default= timeout= !retimeout= keep", 1, 1, { ...fails, ...waits }),
    clear: command("", 1, 1),
    colour: command("basic= rgb=", 1, 1, newer),
    config: command("", 0, 1, waits),
    console: command("x= y= left= right= top= bottom= depth= picture= keep", 0, 0, { ...newer, ...fails }),
    cpair: command("foreground= background=", 1, 1, newer),
    cpuid: command("ext amd c:ecx", 1, 1),
    dhcp: command("configurator= !timeout=", 0, many, fails),
    echo: command("n", 0, many),
    exit: command("", 0, 1, { ends: true }),
    form: command("name= delete", 0, many, newer),
    goto: command("", 1, 1, { ends: true }),
    help: command("", 0, 0),
    ibstat: command("", 0, 0),
    ifclose: interfaces(),
    ifconf: command("configurator= !timeout=", 0, many, fails),
    iflinkwait: command("timeout=", 0, many, { ...newer, ...fails }),
    ifopen: interfaces(fails),
    ifstat: interfaces(),
    imgargs: command(image, 1, many, fails),
    imgexec: command(`${image} replace`, 0, many, { ...fails, ends: true }),
    imgfetch: command(image, 1, many, fails),
    imgfree: command("", 0, many),
    imgload: command(image, 1, many, fails),
    imgselect: command(image, 1, many, fails),
    imgstat: command("", 0, many),
    inc: command("", 1, 2),
    initrd: command(image, 1, many, fails),
    iseq: command("", 2, 2),
    isset: command("", 1, 1),
    item: command("menu= !form= key= default !secret gap", 0, many),
    iwlist: interfaces(),
    iwstat: interfaces(),
    kernel: command(image, 1, many, fails),
    login: command("", 0, 0, { ...fails, ...waits }),
    menu: command("name= delete", 0, many),
    module: command(image, 1, many, fails),
    ping: command("size= timeout= count= quiet", 1, 1, { ...newer, ...fails }),
    poweroff: command("", 0, 0, { ...newer, ends: true }),
    present: command("form= keep", 0, 0, { ...newer, ...fails, ...waits }),
    prompt: command("key= timeout=", 0, many, { ...fails, ...waits }),
    pxebs: command("", 2, 2, fails),
    read: command("!timeout=", 1, 1, waits),
    reboot: command("warm !setup", 0, 0, { ends: true }),
    route: command("", 0, 0),
    sanboot: command("drive= no-describe keep filename= !extra= !label= !uuid=", 0, 1, fails),
    sanhook: command("drive= no-describe", 1, 1, fails),
    sanunhook: command("drive=", 0, 0),
    set: command("", 1, many),
    shell: command("", 0, 0, waits),
    shim: command("timeout=", 0, many, { ...newer, ...fails }),
    show: command("", 1, 1),
    sleep: command("", 1, 1, waits),
    sync: command("timeout=", 0, 0, waits),
    time: command("", 1, many),
    vcreate: command("tag= priority=", 1, 1, { ...newer, ...fails }),
    vdestroy: command("", 1, 1, newer),
    ...Object.fromEntries(
      [
        ...["fcels", "fcstat", "fdt", "gdbstub", "imgdecrypt", "imgextract", "imgmem", "imgset", "imgtrust"],
        ...["imgverify", "ipstat", "lotest", "md5sum", "sha1sum", "sha256sum", "sha512sum", "neighbour"],
        ...["nslookup", "nstat", "ntp", "param", "params", "pciscan", "profstat", "startpxe", "stoppxe"],
        ...["usbscan", "userdata"],
      ].map((name): [string, Grammar] => [name, command("", 0, many, { ...own, ...fails })]),
    ),
  }),
);

/** Whether a release is at least as new as the one a command or an option came with. */
export function hasSince(since: "1.21.1" | undefined, release: Release): boolean {
  return since === undefined || release !== "1.0.0";
}
