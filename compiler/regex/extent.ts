/** How much a part of a pattern reads: nothing, at most so much, without a limit. */
import type { RegexNode } from "./syntax/parse.ts";

/** Whether it can read as much as there is. */
export function unbounded(node: RegexNode): boolean {
  switch (node.kind) {
    case "repeat":
      return !Number.isFinite(node.max) || unbounded(node.body);
    case "seq":
    case "alt":
      return node.parts.some(unbounded);
    case "group":
    case "look":
      return unbounded(node.body);
    default:
      return false;
  }
}

/** Whether a pattern can match without reading a character. */
export function nullable(node: RegexNode): boolean {
  switch (node.kind) {
    case "units":
      return false;
    case "repeat":
      return node.min === 0 || nullable(node.body);
    case "seq":
      return node.parts.every(nullable);
    case "alt":
      return node.parts.some(nullable);
    case "group":
      return nullable(node.body);
    default:
      return true;
  }
}

/** Whether it never reads a character: edges, looks, and groups of nothing else. */
export function readsNothing(node: RegexNode): boolean {
  switch (node.kind) {
    case "units":
    case "backref":
      return false;
    case "repeat":
      return node.max === 0 || readsNothing(node.body);
    case "seq":
    case "alt":
      return node.parts.every(readsNothing);
    case "group":
      return readsNothing(node.body);
    default:
      return true;
  }
}

/** Most characters that a bounded pattern reads. */
export function longest(node: RegexNode): number {
  switch (node.kind) {
    case "units":
      return 1;
    case "repeat":
      return node.max * longest(node.body);
    case "seq":
      return node.parts.reduce((n, p) => n + longest(p), 0);
    case "alt":
      return Math.max(...node.parts.map(longest));
    case "group":
      return longest(node.body);
    default:
      return 0;
  }
}

/** Most `\b` and `\B` that stand in a row, with nothing read between them. */
export function boundariesInRow(node: RegexNode): number {
  let most = 0;
  // How many there are before the node, and how many where it ends.
  const walk = (n: RegexNode, before: number): number => {
    switch (n.kind) {
      case "assert": {
        const row = before + (n.at.endsWith("word edge") ? 1 : 0);
        most = Math.max(most, row);
        return row;
      }
      case "seq":
        return n.parts.reduce((row, part) => walk(part, row), before);
      case "alt":
        return Math.max(...n.parts.map((part) => walk(part, before)));
      case "group":
      case "look":
        return walk(n.body, before);
      case "repeat": {
        const row = walk(n.body, before);
        return readsNothing(n.body) ? row : 0;
      }
      default:
        return 0;
    }
  };
  walk(node, 0);
  return most;
}
