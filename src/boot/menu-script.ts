import { bootLines, onlineLines } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import { cannotLines, failureLines, openingLines } from "./failure-lines.ts";
import type { Line } from "./ipxe/script.ts";
import { printScript } from "./ipxe/script.ts";
import type { Word } from "./ipxe/words.ts";
import { prose } from "./ipxe/words.ts";
import type { MenuAction } from "./menu.ts";
import { cursorSetting, shownSetting } from "./menu-choices.ts";
import type { Boots, ChoiceView, Deed, MenuPage, MenuRow, MenuView, NoBoot, ReadyBoot } from "./menu-view.ts";
import { goTo, held, orFail, run, say, set, task, whatever } from "./script-lines.ts";
import { choiceSetting } from "./variables.ts";

const timeout = "menu-timeout";
const cursor = "menu-cursor";
const selected = "selected";

/** The script of a menu. A boot that fails says why and comes back to it; so does everything that a person may look at. */
export function menuScript(view: MenuView, site: BootSite): string {
  const [main] = view.pages;
  return printScript([
    ...openingLines,
    ...(view.screen ? [whatever({ do: "console", ...view.screen })] : []),
    set(timeout, String(view.timeoutMs ?? 0)),
    set(cursor, view.preselected ?? "none"),
    ...view.choices.flatMap(beginning),
    ...view.pages.flatMap((page) => [
      ...pageLines(page),
      ...page.rows.flatMap((row) => rowLines(row, page, site)),
    ]),
    ...failureLines({
      again: main.label,
      says: "Back to the menu",
      item: "Back to the menu",
      unattended: site.whenBootFails ?? "firmware",
    }),
  ]);
}

function beginning({ name, label, begins }: ChoiceView): Line[] {
  return [
    set(choiceSetting(name), ...begins.words),
    set(shownSetting(name), ...prose(begins.text)),
    set(cursorSetting(name), `${label}.${begins.option ?? "custom"}`),
  ];
}

/** Shows one page. Only the first counts down, and only until somebody has looked around. */
function pageLines({ label, title, parent, rows }: MenuPage): Line[] {
  return [
    { label },
    run({ do: "menu", title: prose(title) }),
    ...rows.map((row) => run(itemOf(row))),
    {
      run: {
        do: "choose",
        setting: selected,
        ...(parent === undefined ? { preselected: held(cursor), timeoutMs: held(timeout) } : {}),
      },
      otherwise: { do: "goto", label: parent ?? "debug" },
    },
    ...(parent === undefined ? [set(cursor, held(selected))] : []),
    run({ do: "goto", label: { setting: selected } }),
  ];
}

function itemOf(row: MenuRow) {
  if (row.row === "section") return { do: "gap", text: prose(row.text) } as const;
  if (row.row === "greyed") return { do: "gap", text: prose(`   (${row.text}: ${row.reason})`) } as const;
  const { label, key, does } = row;
  const now: Word[] = does.do === "choose" ? [[{ setting: shownSetting(does.choice.name) }]] : [];
  const text = [...prose(does.do === "choose" ? `${row.text}:` : row.text), ...now];
  return { do: "item", label, text, ...(key === undefined ? {} : { key }) } as const;
}

function rowLines(row: MenuRow, page: MenuPage, site: BootSite): Line[] {
  if (row.row !== "item") return [];
  return [{ label: row.label }, ...deedLines(row.does, row.label, page, site)];
}

const attended: Line = set(timeout, "0");

function deedLines(does: Deed, label: string, page: MenuPage, site: BootSite): Line[] {
  switch (does.do) {
    case "open":
      return [attended, goTo(does.page)];
    case "choose":
      return [attended, ...choiceLines(does.choice, page)];
    case "act":
      return actionLines(does.action, page);
    case "boot":
      return bootsLines(does.boots, label, site);
    case "give-up":
      return [goTo("debug")];
  }
}

function bootsLines(boots: Boots, label: string, site: BootSite): Line[] {
  const count = run({ do: "inc", setting: "attempt" });
  if ("one" in boots) return [count, ...variantLines(boots.one, site)];
  const { choice, is } = boots;
  return [
    count,
    ...is.map(
      ({ value }, index): Line => ({
        when: { do: "iseq", left: held(choiceSetting(choice)), right: value },
        run: { do: "goto", label: `${label}.${index}` },
      }),
    ),
    ...cannotLines(`no image is named for this ${choice}`),
    ...is.flatMap(({ boot }, index) => [{ label: `${label}.${index}` }, ...variantLines(boot, site)]),
  ];
}

function variantLines(boot: ReadyBoot | NoBoot, site: BootSite): Line[] {
  if ("reason" in boot) return cannotLines(boot.reason);
  return bootLines({ ...boot, site, broken: "failed" });
}

function choiceLines({ name, label, title, options, custom }: ChoiceView, page: MenuPage): Line[] {
  const other = `${label}.custom`;
  const keep = (value: readonly Word[], shown: readonly Word[], where: string): Line[] => [
    set(choiceSetting(name), ...value),
    set(shownSetting(name), ...shown),
    set(cursorSetting(name), where),
    goTo(page.label),
  ];
  const typed = "typed";
  return [
    { label },
    run({ do: "menu", title: prose(title) }),
    ...options.map(({ text }, index) => run({ do: "item", label: `${label}.${index}`, text: prose(text) })),
    ...(custom ? [run({ do: "item", label: other, text: prose(custom.ask) })] : []),
    {
      run: { do: "choose", setting: selected, preselected: held(cursorSetting(name)) },
      otherwise: { do: "goto", label: page.label },
    },
    run({ do: "goto", label: { setting: selected } }),
    ...options.flatMap(({ words, text }, index) => [
      { label: `${label}.${index}` },
      ...keep(words, prose(text), `${label}.${index}`),
    ]),
    ...(custom
      ? [
          { label: other },
          say(...prose(`${custom.ask}; Enter takes it`)),
          set(typed, held(choiceSetting(name))),
          { run: { do: "read", setting: typed }, otherwise: { do: "goto", label } } as const,
          { run: { do: "isset", value: held(typed) }, otherwise: { do: "goto", label } } as const,
          ...keep([held(typed)], custom.shows === undefined ? [held(typed)] : prose(custom.shows), other),
        ]
      : []),
  ];
}

function actionLines(action: MenuAction, page: MenuPage): Line[] {
  const back = goTo(page.label);
  switch (action) {
    case "exit":
      return [say(...prose("going on to the firmware's next boot device")), run({ do: "exit", status: 1 })];
    case "reboot":
      return [task("restart"), orFail({ do: "reboot" })];
    case "poweroff":
      return [task(...prose("switch off: this iPXE may not know how")), orFail({ do: "poweroff" })];
    case "shell":
      return [attended, say(...prose("type exit to come back to the menu")), whatever({ do: "shell" }), back];
    case "debug":
      return [attended, goTo("debug")];
    case "local":
      return [
        // A UEFI firmware has its own entry for a disk: the next one.
        {
          when: { do: "iseq", left: held("platform"), right: "efi" },
          run: { do: "exit", status: 1 },
        },
        task(...prose("boot from the disk")),
        orFail({ do: "sanboot", drive: 0x80 }),
        back,
      ];
    case "url":
      return [
        attended,
        say(...prose("type the address of an iPXE script, a kernel or a loader; Enter fetches it")),
        { run: { do: "read", setting: "address" }, otherwise: { do: "goto", label: page.label } },
        { run: { do: "isset", value: held("address") }, otherwise: { do: "goto", label: page.label } },
        ...onlineLines,
        task("boot", held("address")),
        orFail({ do: "chain", url: held("address"), andReturn: true }),
        back,
      ];
  }
}
