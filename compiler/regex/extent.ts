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
