import { styleText } from "node:util";
import type { ChoiceView, MenuPage, MenuRow, MenuView } from "../boot/menu-view.ts";
import { formatDuration } from "../core/units.ts";
import { table } from "./table.ts";

/** A firmware's console, and iPXE's menu on it, which leaves a column free at each side. */
const columns = 80;
const widest = columns - 4;

/** The menu as a client is shown it, drawn from what its script is printed from; then its submenus and choices. */
export function menuText(view: MenuView): string[] {
  const [main, ...more] = view.pages;
  const { timeoutMs, preselected } = view;
  const alone =
    timeoutMs === undefined || preselected === undefined
      ? "Left alone, it waits."
      : `Left alone, it takes the line marked > after ${formatDuration(timeoutMs)}.`;
  return [
    ...pageText(main, view),
    "",
    alone,
    ...more.flatMap((page) => ["", ...pageText(page, view)]),
    ...view.choices.flatMap((choice) => ["", ...choiceText(choice)]),
  ];
}

function pageText({ title, rows }: MenuPage, view: MenuView): string[] {
  const shown = rows.map((row) => [mark(row, view), key(row), line(row)]);
  return [styleText("bold", centred(title)), "", ...table(shown)];
}

function mark(row: MenuRow, { preselected }: MenuView): string {
  return row.row === "item" && row.label === preselected ? ">" : " ";
}

function key(row: MenuRow): string {
  return row.row === "item" && row.key !== undefined ? styleText("cyan", row.key) : " ";
}

function line(row: MenuRow): string {
  switch (row.row) {
    case "section":
      return styleText("bold", row.text);
    case "greyed":
      return styleText("dim", `(${row.text}: ${row.reason})`);
    case "item": {
      const { text, does } = row;
      const now = does.do === "choose" ? `${text}: ${does.choice.begins.text}` : text;
      // iPXE cuts what does not fit.
      return now.length > widest ? `${now.slice(0, widest)}${styleText("yellow", " (cut here)")}` : now;
    }
  }
}

function choiceText({ name, title, options, custom, begins }: ChoiceView): string[] {
  const rows = [
    ...options.map(({ text, value }, index) => [
      index === begins.option ? ">" : " ",
      text,
      styleText("dim", value === text ? "" : value),
    ]),
    ...(custom ? [[begins.option === undefined ? ">" : " ", custom.ask, styleText("dim", "typed")]] : []),
  ];
  return [styleText("bold", centred(title)), styleText("dim", `  {choice.${name}}`), ...table(rows)];
}

function centred(title: string): string {
  return `${" ".repeat(Math.max(0, Math.floor((columns - title.length) / 2)))}${title}`;
}
