/** CSV as tables of rules, assets and threat lists have it. */

/** Rows of a CSV text (RFC 4180): quoted cells may hold commas, line ends and doubled quotes. */
export function csv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|\r|$)/y;
  while (cell.lastIndex < text.length) {
    // The second form takes whatever the first does not: there always is a match.
    const m = cell.exec(text)!;
    row.push(m[1] !== undefined ? m[1].replaceAll('""', '"') : m[2]);
    if (m[3] !== ",") {
      rows.push(row);
      row = [];
    }
  }
  if (row.length) rows.push([...row, ""]);
  return rows;
}
