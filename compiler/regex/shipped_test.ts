/** The regexes of the shipped rules on text that is made to stall them. */
import assert from "node:assert/strict";
import { parse } from "../../grammar/mod.ts";
import { walkExpr } from "../check/context.ts";
import { checkRegex } from "./mod.ts";
import type { Expr } from "../../grammar/ast.ts";

interface Found {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

function found(): Found[] {
  const out: Found[] = [];
  const rules = new URL("../../rules/", import.meta.url);
  for (const folder of [rules, ...folders(rules)]) {
    for (const entry of Deno.readDirSync(folder)) {
      if (!entry.name.endsWith(".sdl")) continue;
      const { file } = parse(Deno.readTextFileSync(new URL(entry.name, folder)), entry.name);
      // Every expression hangs somewhere in the tree; its nodes are told by their kind.
      const visit = (node: unknown): void => {
        if (Array.isArray(node)) node.forEach(visit);
        else if (node !== null && typeof node === "object") {
          if ("kind" in node && node.kind === "matches") {
            walkExpr(node as Expr, (e) => {
              if (e.kind === "matches") {
                out.push({ file: file.name, source: e.regex.source, flags: e.regex.flags });
              }
            });
          } else Object.values(node).forEach(visit);
        }
      };
      visit(file.decls);
    }
  }
  return out;
}

const folders = (root: URL): URL[] =>
  [...Deno.readDirSync(root)].filter((e) => e.isDirectory).map((e) => new URL(`${e.name}/`, root));

/** Texts of the pattern's own words and classes, over and over, that end in what it cannot take. */
function hostile(source: string): string[] {
  const plain = source.replace(/\\([^a-zA-Z])/g, "$1");
  const words = plain.match(/[a-z/.;|$'"(){}]+/gi) ?? [];
  const units = [...new Set([...words, " ", "a", "'", "/", "../", ";", "${", "1", "%", "\\"])];
  return units.slice(0, 40).map((u) => u.repeat(Math.ceil(20_000 / u.length)) + "\u0001");
}

Deno.test("every regex of the shipped rules is linear, and gets through hostile text", () => {
  const regexes = found();
  assert.ok(regexes.length >= 20, `Only ${regexes.length} regexes found`);
  for (const { file, source, flags } of regexes) {
    assert.equal(checkRegex(source, flags), null, `${file}: /${source}/${flags}`);
    const regex = new RegExp(source, flags);
    for (const text of hostile(source)) {
      const found = regex.exec(text);
      assert.ok(found === null || found.index < text.length);
    }
  }
});
