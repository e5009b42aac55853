import { eastAsianWidth } from 'get-east-asian-width';
import type { Terminal } from './terminal.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

const gap = '  ';
/** A column is not made narrower than this. */
const narrowest = 8;

/** Aligned columns without lines. On a terminal the widest cells are cut with `…`; in a pipe they are whole. */
export function renderTable(
  terminal: Terminal,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = '',
): string[] {
  const widths = columns.map(({ title }, at) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[at]!)), widthOf(title)),
  );
  if (terminal.columns !== null) {
    shrink(widths, terminal.columns - indent.length - gap.length * (columns.length - 1));
  }
  const render = (cells: readonly string[]) =>
    (indent + cells.map((cell, at) => fill(cell, widths[at]!, columns[at]!.align)).join(gap)).trimEnd();
  return [terminal.styled('dim', render(columns.map((column) => column.title))), ...rows.map(render)];
}

/** Takes from the widest column until the line fits. */
function shrink(widths: number[], available: number): void {
  for (let excess = widths.reduce((sum, one) => sum + one, 0) - available; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= narrowest) return;
    widths[widest]!--;
  }
}

/** The cell in exactly so many columns; wide characters take two. */
function fill(cell: string, width: number, align: Column['align']): string {
  const text = cut(cell, width);
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + text : text + space;
}

/** The text in at most so many columns, with `…` at its end where some is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += widthOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

const ascii = /^[\x20-\x7e]*$/;
const mark = /\p{M}/u;

/** Columns that text takes which `visible` has been over: no controls, joiners or selectors are left in it. */
function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += mark.test(character) ? 0 : eastAsianWidth(character.codePointAt(0)!);
  return width;
}
