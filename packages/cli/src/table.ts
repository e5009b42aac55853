import { eastAsianWidth } from 'get-east-asian-width';
import type { Terminal } from './terminal.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** Gives way where the terminal is narrow; the others, such as addresses, stay whole. */
  readonly elastic?: true;
}

const gap = '  ';
/** An elastic column is not made narrower than this. */
const narrowest = 8;

/** Aligned columns without lines. On a terminal no line is longer than it: what is too long ends in `…`. In a pipe all is whole. */
export function renderTable(
  terminal: Terminal,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = '',
): string[] {
  const widths = columns.map(({ title }, at) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[at]!)), widthOf(title)),
  );
  const limit = terminal.columns ?? Number.POSITIVE_INFINITY;
  shrink(widths, columns, limit - indent.length - gap.length * (columns.length - 1));
  const render = (cells: readonly string[]) => {
    const line = indent + cells.map((cell, at) => fill(cell, widths[at]!, columns[at]!.align)).join(gap);
    return cut(line.trimEnd(), limit);
  };
  return [terminal.styled('dim', render(columns.map((column) => column.title))), ...rows.map(render)];
}

/** Takes from the widest elastic column until the line fits. */
function shrink(widths: number[], columns: readonly Column[], available: number): void {
  const elastic = widths.map((width, at) => (columns[at]!.elastic ? width : 0));
  for (let excess = widths.reduce((sum, one) => sum + one, 0) - available; excess > 0; excess--) {
    const widest = elastic.indexOf(Math.max(...elastic));
    if (elastic[widest]! <= narrowest) return;
    widths[widest] = --elastic[widest]!;
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
