/**
 * A pattern as a position automaton (Glushkov): a state for every character that the pattern names,
 * and an edge where one can follow another. Counted repetitions of some length become loops that
 * remember how often they run, so that a pattern keeps its size.
 */
import { PatternError } from "./syntax/error.ts";
import { longest, nullable, readsNothing, unbounded } from "./extent.ts";
import type { ParsedRegex, RegexNode, Units } from "./syntax/parse.ts";

/** A repetition that is no part of another. */
export interface Loop {
  /** States from `from` up to, and without, `to`. */
  readonly from: number;
  readonly to: number;
  /** Ways in which it can end: most rounds less least, and one; Infinity when there is no most. */
  readonly weight: number;
  /** Most characters that it reads from one place. */
  readonly reach: number;
  /** Where it stands in the pattern. */
  readonly start: number;
  readonly end: number;
}

export interface Edge {
  readonly to: number;
  /** There are two ways from the one to the other: the text does not say which. */
  double: boolean;
  /** Made by a repetition. */
  readonly back: boolean;
}

export interface Automaton {
  /** Sets of characters as bits; two states can read the same text where they share a bit. */
  readonly masks: readonly bigint[];
  readonly edges: readonly (readonly Edge[])[];
  /** States in which a match can begin at any place of the text. */
  readonly entries: readonly number[];
  /** States in which a match can begin at all. */
  readonly firsts: readonly number[];
  /** States after which the pattern has matched whatever follows. */
  readonly done: ReadonlySet<number>;
  readonly loops: readonly Loop[];
}

/** Why a pattern cannot be judged. */
export class TooHard extends PatternError {}

/** Most states; beyond it a pattern is refused. */
const MAX_STATES = 2000;
/** A repetition up to this often is written out. */
const WRITTEN_OUT = 4;
/** Most states and rounds of a repetition whose rounds may all be empty. */
const EMPTY_STATES = 200, EMPTY_ROUNDS = 100;

/** Ways to match nothing by alternatives, in all. */
const MAX_EMPTY_WAYS = 16;

interface Entry {
  readonly at: number;
  readonly anchored: boolean;
}
interface Exit {
  readonly at: number;
  /** Nothing is asked of the text behind it. */
  readonly sure: boolean;
  /** It has read everything up to the end of the text, so that `$` holds. */
  readonly all: boolean;
}
interface Piece {
  readonly first: readonly Entry[];
  readonly last: readonly Exit[];
  /** How it matches nothing at all; `ends`: asks for the end of the text at most. */
  readonly empty: {
    readonly anchored: boolean;
    readonly sure: boolean;
    readonly ends: boolean;
  } | null;
}
const FREE = { anchored: false, sure: true, ends: true } as const;
const NOTHING: Piece = { first: [], last: [], empty: FREE };

/** Builds the automaton; throws TooHard for what it cannot model. */
export function automatonOf(regex: ParsedRegex): Automaton {
  const units: Units[] = [];
  const edges: Edge[][] = [];
  const loops: Loop[] = [];
  let inLoop = 0;
  let emptyWays = 1;

  function link(last: readonly Exit[], first: readonly Entry[], back: boolean): void {
    for (const a of last) {
      for (const b of first) {
        if (b.anchored) continue;
        const seen = edges[a.at].find((e) => e.to === b.at);
        if (seen) seen.double = true;
        else edges[a.at].push({ to: b.at, double: false, back });
      }
    }
  }

  function state(u: Units, node: RegexNode): Piece {
    const at = units.push(u) - 1;
    if (at >= MAX_STATES) {
      throw new TooHard("The pattern is too long to be judged", node.start, node.end, "Split it");
    }
    edges.push([]);
    return {
      first: [{ at, anchored: false }],
      last: [{ at, sure: true, all: false }],
      empty: null,
    };
  }

  function sequence(a: Piece, b: Piece): Piece {
    link(a.last, b.first, false);
    return {
      first: a.empty
        ? [...a.first, ...b.first.map((e) => ({ ...e, anchored: e.anchored || a.empty!.anchored }))]
        : a.first,
      last: b.empty
        ? [
          ...a.last.map((e) => ({
            ...e,
            sure: e.sure && (b.empty!.sure || (e.all && b.empty!.ends)),
          })),
          ...b.last,
        ]
        : b.last,
      empty: a.empty && b.empty
        ? {
          anchored: a.empty.anchored || b.empty.anchored,
          sure: a.empty.sure && b.empty.sure,
          ends: a.empty.ends && b.empty.ends,
        }
        : null,
    };
  }

  function either(pieces: readonly Piece[]): Piece {
    const empties = pieces.flatMap((p) => p.empty ? [p.empty] : []);
    return {
      first: pieces.flatMap((p) => p.first),
      last: pieces.flatMap((p) => p.last),
      empty: empties.length === 0 ? null : {
        anchored: empties.every((e) => e.anchored),
        sure: empties.some((e) => e.sure),
        ends: empties.some((e) => e.ends),
      },
    };
  }

  const optional = (p: Piece): Piece => ({ ...p, empty: FREE });

  function piece(node: RegexNode): Piece {
    switch (node.kind) {
      case "units":
        return state(node.units, node);
      case "seq":
        return node.parts.reduce((p, n) => sequence(p, piece(n)), NOTHING);
      case "alt":
        countEmpty(node);
        return either(node.parts.map(piece));
      case "group":
        return piece(node.body);
      case "assert":
        return {
          first: [],
          last: [],
          empty: { anchored: node.at === "start", sure: false, ends: node.at === "end" },
        };
      case "look":
        return look(node);
      case "backref":
        return backref(node);
      case "repeat":
        return repeat(node);
    }
  }

  /** `(?:a?|b?|)` matches nothing in three ways, and each is tried when what follows fails. */
  function countEmpty(node: RegexNode & { readonly parts: readonly RegexNode[] }): void {
    const ways = node.parts.filter(nullable).length;
    if (ways < 2) return;
    emptyWays *= ways;
    if (inLoop === 0 && emptyWays <= MAX_EMPTY_WAYS) return;
    throw new TooHard(
      `${ways} alternatives can match nothing, which is tried in each of these ways`,
      node.start,
      node.end,
      "Let one alternative at most match nothing, or leave them all out by (?:…)?",
    );
  }

  /** What it reads is read again by what follows it: a branch that leads nowhere. */
  function look(node: RegexNode & { readonly kind: "look" }): Piece {
    if (node.behind && unbounded(node.body)) {
      throw new TooHard(
        '"(?<…)" looks back without a limit',
        node.start,
        node.end,
        "Bound what is repeated in it, like {0,20}",
      );
    }
    const body = piece(node.body);
    return { first: body.first, last: [], empty: { anchored: false, sure: false, ends: false } };
  }

  function backref(node: RegexNode & { readonly kind: "backref" }): Piece {
    const body = regex.groups.get(node.group);
    if (body && unbounded(body)) {
      throw new TooHard(
        "The text that is asked for again can be of any length",
        node.start,
        node.end,
        "Bound what is repeated in the group, like {1,20}",
      );
    }
    return optional(state([[0, 0xffff]], node));
  }

  function repeat(node: RegexNode & { readonly kind: "repeat" }): Piece {
    let { body } = node;
    let { min, max } = node;
    while (body.kind === "group") body = body.body;
    // (x{2}){3} is x{6}: counts that are fixed leave no choice.
    if (min === max && body.kind === "repeat" && body.min === body.max) {
      min = max = min * body.min;
      body = body.body;
    }
    if (max === 0) return NOTHING;
    // Rounds that read nothing are one, or none at all: the engine does not repeat them either.
    if (readsNothing(body)) return min === 0 ? NOTHING : piece(body);
    if (min > 1 && max > WRITTEN_OUT && nullable(body)) return emptyRounds(node, body, min, max);
    if (max === 1) return min === 0 ? optional(piece(body)) : piece(body);
    if (max <= WRITTEN_OUT) {
      let out = NOTHING;
      for (let i = 0; i < min; i++) out = sequence(out, piece(body));
      // x(x(x)?)?: the copies are made in the order of the text, and put together from behind.
      const copies = Array.from({ length: max - min }, () => piece(body));
      const tail = copies.reduceRight<Piece | null>(
        (rest, one) => optional(rest === null ? one : sequence(one, rest)),
        null,
      );
      return tail === null ? out : sequence(out, tail);
    }
    return loop(node, body, min, max);
  }

  /**
   * `(?:a?){24}`: a round that has to be may match nothing, so that the text can be dealt out to the
   * rounds in as many ways as to so many optionals. They are written out as those.
   */
  function emptyRounds(node: RegexNode, body: RegexNode, min: number, max: number): Piece {
    const from = units.length;
    let out = NOTHING;
    for (let i = 0; i < min; i++) {
      out = sequence(out, piece(body));
      if (i >= EMPTY_ROUNDS || units.length - from > EMPTY_STATES) {
        throw new TooHard(
          `${min} rounds that may match nothing can share a text in too many ways`,
          node.start,
          node.end,
          "Let each round take at least one character, and the whole be left out",
        );
      }
    }
    // Beyond the least number a round that matches nothing ends the repetition.
    return max > min ? sequence(out, loop(node, body, 0, max - min)) : out;
  }

  function loop(node: RegexNode, body: RegexNode, min: number, max: number): Piece {
    const from = units.length;
    const outer = inLoop++ === 0;
    const p = piece(body);
    inLoop--;
    link(p.last, p.first, true);
    if (outer) {
      const inner = units.length - from === 1;
      const weight = !Number.isFinite(max) || unbounded(body)
        ? Infinity
        : inner
        ? max - min + 1
        : max * longest(body);
      const reach = Number.isFinite(weight) ? max * longest(body) : Infinity;
      loops.push({ from, to: units.length, weight, reach, start: node.start, end: node.end });
    }
    // Where it takes any character as often as it likes, nothing of the text is left.
    const all = body.kind === "units" && max === Infinity && isAll(body.units);
    const whole = all ? { ...p, last: p.last.map((e) => ({ ...e, all })) } : p;
    return min === 0 ? optional(whole) : whole;
  }

  const whole = piece(regex.root);
  return {
    masks: masksOf(units),
    edges,
    entries: whole.first.filter((e) => !e.anchored).map((e) => e.at),
    firsts: whole.first.map((e) => e.at),
    done: new Set(whole.last.filter((e) => e.sure).map((e) => e.at)),
    loops,
  };
}

const isAll = (u: Units): boolean => u.length === 1 && u[0][0] === 0 && u[0][1] === 0xffff;

/** Cuts the units at every border of a set; each piece becomes a bit. */
function masksOf(units: readonly Units[]): bigint[] {
  const borders = new Set<number>();
  for (const u of units) for (const [a, b] of u) borders.add(a).add(b + 1);
  const sorted = [...borders].sort((a, b) => a - b);
  const index = new Map(sorted.map((b, i) => [b, i]));
  const known = new Map<Units, bigint>();
  return units.map((u) => {
    let mask = known.get(u);
    if (mask === undefined) {
      mask = 0n;
      for (const [a, b] of u) {
        const [low, high] = [BigInt(index.get(a)!), BigInt(index.get(b + 1)!)];
        mask |= ((1n << (high - low)) - 1n) << low;
      }
      known.set(u, mask);
    }
    return mask;
  });
}
