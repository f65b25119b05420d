/**
 * Flat JSON objects that hold the same names in the same order: what is done with each value is known
 * by its name, so that it is generated once and no name is looked at again. Most logs have a few
 * hundred such shapes; others are read name by name.
 */
import { assemble, property } from "../../../codegen/mod.ts";
import type { Value } from "../../../schema/types.ts";
import type { Keyed } from "../json/json.ts";

/** Shapes that are kept, and objects of a shape before code is made for it. Logs can invent names. */
const MOST = 512, OFTEN = 4;
/** Objects of more names are read name by name. */
const MOST_NAMES = 128;

/** What the names of a flat record mean. */
export interface FlatNames {
  /** Names whose values are numbers, and missing where they are none. */
  readonly numbers: ReadonlySet<string>;
  /** Names whose empty text is a missing value. */
  readonly system: ReadonlySet<string>;
  /** Names that take the first present value of others when they have none themselves. */
  readonly aliases: readonly (readonly [string, readonly string[]])[];
}

type Fill = (object: Keyed) => boolean;

interface Shape {
  readonly names: readonly string[];
  seen: number;
  fill: Fill | null;
}

export class FlatShapes {
  /** By the number of names. */
  readonly #shapes: Shape[][] = [];
  #size = 0;

  constructor(readonly meaning: FlatNames) {}

  /**
   * Makes a record of an object that JSON gave. False where it is of no known shape, or holds an
   * object, a list or a number that JavaScript cannot hold: it is unchanged then.
   */
  fill(object: Keyed): boolean {
    const names = Object.keys(object);
    const n = names.length;
    if (n === 0 || n > MOST_NAMES) return false;
    const shapes = this.#shapes[n] ??= [];
    for (let i = 0; i < shapes.length; i++) {
      const shape = shapes[i];
      if (!isSame(shape.names, names)) continue;
      if (shape.fill !== null) return shape.fill(object);
      if (++shape.seen >= OFTEN) shape.fill = makeFill(names, this.meaning);
      return false;
    }
    if (this.#size < MOST) {
      this.#size++;
      shapes.push({ names, seen: 1, fill: null });
    }
    return false;
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

const helpers = {
  /** Whether a value that is no text is a plain one, and a number the one that was written. */
  plain: (v: unknown): boolean =>
    typeof v === "number"
      ? !Number.isInteger(v) || Number.isSafeInteger(v)
      : typeof v !== "object" || v === null,
  number(v: unknown): Value {
    const n = v === "" || v === null ? NaN : +(v as string);
    return Number.isFinite(n) ? n : undefined;
  },
  text: (v: unknown): Value => v === null ? undefined : String(v),
};

function makeFill(names: readonly string[], meaning: FlatNames): Fill {
  let checks = "", sets = "";
  names.forEach((name, i) => {
    const v = `v${i}`, at = property("o", name);
    checks += `const ${v}=${at};if(typeof ${v}!=="string"&&!H.plain(${v}))return false;`;
    if (meaning.numbers.has(name)) {
      sets += `if(typeof ${v}!=="number"||${v}-${v}!==0)${at}=H.number(${v});`;
    } else {
      sets += `if(typeof ${v}!=="string")${at}=H.text(${v});`;
      if (meaning.system.has(name)) sets += `else if(${v}==="")${at}=undefined;`;
    }
  });
  for (const [name, keys] of meaning.aliases) {
    const at = property("o", name);
    for (const key of keys.filter((k) => names.includes(k))) {
      const value = meaning.numbers.has(name) ? "H.number(x)" : "x";
      sets += `if(${at}===undefined){const x=${property("o", key)};` +
        `if(x!==undefined&&x!==""){const y=${value};if(y!==undefined)${at}=y;}}`;
    }
  }
  return assemble<Fill>({ H: helpers }, `return (o)=>{${checks}${sets}return true;};`);
}
