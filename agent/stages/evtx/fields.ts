/**
 * Fields of a record. A definition is compiled to a list of steps, closures that each put one field
 * where it belongs; a record then runs the steps of its template over its values.
 */
import {
  type ChunkState,
  type Definition,
  type Element,
  NO_VALUES,
  type Node,
  type TemplatePart,
  type ValueTable,
} from "./binxml.ts";
import { MAX_CHUNK_TEXT, MAX_DEPTH, MAX_RECORD_TEXT, Unreadable, VALUE_COST } from "./damage.ts";
import {
  ARRAY,
  arrayTexts,
  BINXML,
  FILETIME,
  fileTimeMs,
  fileTimeText,
  NULL,
  valueText,
} from "./values.ts";
import { fragmentXml } from "./xml.ts";

/** What stands in `System`, by the names in README.md; undefined where the event does not say. */
export class SystemFields {
  Provider_Name: string | undefined = undefined;
  Provider_Guid: string | undefined = undefined;
  EventSourceName: string | undefined = undefined;
  EventID: number | undefined = undefined;
  Qualifiers: number | undefined = undefined;
  Version: number | undefined = undefined;
  Level: number | undefined = undefined;
  Task: number | undefined = undefined;
  Opcode: number | undefined = undefined;
  Keywords: string | undefined = undefined;
  /** RFC 3339 in UTC with the seven digits that Windows keeps. */
  TimeCreated: string | undefined = undefined;
  EventRecordID: number | undefined = undefined;
  ActivityID: string | undefined = undefined;
  RelatedActivityID: string | undefined = undefined;
  ProcessID: number | undefined = undefined;
  ThreadID: number | undefined = undefined;
  Channel: string | undefined = undefined;
  Computer: string | undefined = undefined;
  UserID: string | undefined = undefined;
}

/** What a record's steps fill. */
export class Fill {
  readonly system = new SystemFields();
  /** In the order of the record. */
  readonly data: Record<string, string> = {};
  /** Epoch ms of TimeCreated; NaN until it is met. */
  time = NaN;
  /** Whether there was an element `Event`. */
  isEvent = false;
  unnamed = 0;
  depth = 0;
  spent = 0;
  constructor(readonly chunk: ChunkState) {}

  /** Counts `text` against the limits. */
  spend(text: string): string {
    const cost = text.length + VALUE_COST;
    this.spent += cost;
    this.chunk.spent += cost;
    if (this.spent > MAX_RECORD_TEXT || this.chunk.spent > MAX_CHUNK_TEXT) throw tooFar;
    return text;
  }

  /** An empty name numbers the value; a name met before gets `[2]`, `[3]`, … */
  put(name: string, text: string): void {
    this.spend(text);
    const { data } = this;
    let key = name === "" ? `#${this.unnamed++}` : name;
    if (Object.hasOwn(data, key)) key = this.#nextKey(key);
    if (key === "__proto__") {
      Object.defineProperty(data, key, {
        value: text,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else data[key] = text;
  }

  #repeats: Map<string, number> | undefined;

  #nextKey(key: string): string {
    const repeats = this.#repeats ??= new Map();
    let n = repeats.get(key) ?? 1;
    let next: string;
    do next = `${key}[${++n}]`; while (Object.hasOwn(this.data, next));
    repeats.set(key, n);
    return next;
  }
}

export type Step = (fill: Fill, values: ValueTable) => void;

/** Where in an event nodes stand; indexes `Definition.plans`. */
const ROOT = 0, EVENT = 1, SYSTEM = 2, DATA = 3;
type Context = typeof ROOT | typeof EVENT | typeof SYSTEM | typeof DATA;

const tooDeep = new Unreadable("nested too deep");
const tooFar = new Unreadable("expands too far");

/** Fills `fill` from the nodes of a record. */
export function fillFields(fill: Fill, nodes: readonly Node[]): void {
  runNodes(fill, nodes, ROOT);
}

function run(fill: Fill, steps: readonly Step[], values: ValueTable): void {
  for (let i = 0; i < steps.length; i++) steps[i](fill, values);
}

function planOf({ nodes, plans }: Definition, context: Context): readonly Step[] {
  return (plans as (readonly Step[] | undefined)[])[context] ??= compile(nodes, context);
}

/** Runs nodes that are not part of a definition; instances among them use their template's plan. */
function runNodes(fill: Fill, nodes: readonly Node[], context: Context): void {
  if (++fill.depth > MAX_DEPTH) throw tooDeep;
  for (const node of nodes) {
    fill.spend("");
    if (node.kind === "instance") {
      const { definition } = node;
      run(fill, planOf(definition, context), node.values);
    } else run(fill, compile([node], context), NO_VALUES);
  }
  fill.depth--;
}

function compile(nodes: readonly Node[], context: Context): Step[] {
  const steps: Step[] = [];
  for (const node of nodes) {
    switch (node.kind) {
      case "element":
        compileElement(node, context, steps);
        break;
      case "slot": {
        const { index } = node;
        steps.push((fill, values) => runSlot(fill, values, index, context));
        break;
      }
      case "instance":
        steps.push((fill) => runNodes(fill, [node], context));
        break;
      case "text":
        if (context === DATA && node.text.trim() !== "") {
          steps.push((fill) => fill.put("", node.text));
        }
        break;
      case "instruction":
        break;
    }
  }
  return steps;
}

/** A value between elements: binary XML goes on in the same context; in data, text is unnamed. */
function runSlot(fill: Fill, values: ValueTable, index: number, context: Context): void {
  const type = typeOf(values, index);
  if (type === BINXML) runNodes(fill, embedded(fill, values, index), context);
  else if (context === DATA && type !== NULL) {
    for (const text of texts(fill, values, index)) fill.put("", text);
  }
}

function compileElement(element: Element, context: Context, steps: Step[]): void {
  const { name, children } = element;
  switch (context) {
    case ROOT:
      if (name === "Event") {
        steps.push((fill) => {
          fill.isEvent = true;
        });
      }
      steps.push(...compile(children, EVENT));
      return;
    case EVENT:
      if (name === "RenderingInfo") return;
      if (name === "System") steps.push(...compile(children, SYSTEM));
      else if (name === "EventData" || name === "UserData" || hasElements(children)) {
        steps.push(...compile(children, DATA));
      } else compileData(element, steps);
      return;
    case SYSTEM:
      compileSystem(element, steps);
      return;
    case DATA:
      compileData(element, steps);
  }
}

function hasElements(nodes: readonly Node[]): boolean {
  return nodes.some((node) => node.kind === "element" || node.kind === "instance");
}

/** `<Data Name="x">…`, `<Data>…`, `<Binary>…` or, in UserData, any element: leaves become fields. */
function compileData(element: Element, steps: Step[]): void {
  const { children } = element;
  const given = element.attributes.find((attribute) => attribute.name === "Name");
  const isData = element.name === "Data";
  if (hasElements(children)) {
    steps.push(...compile(children, DATA));
    return;
  }
  const label = isData ? given === undefined ? [] : given.parts : undefined;
  const nameOf = label === undefined
    ? constant(element.name)
    : label.some((part) => part.kind === "slot")
    ? textOf(label)
    : constant(staticText(label));
  if (children.length === 1 && children[0].kind === "slot") {
    const { index, optional } = children[0];
    steps.push((fill, values) => {
      const type = typeOf(values, index);
      if (type === NULL) {
        if (!optional) fill.put(nameOf(fill, values) ?? "", "");
      } else if (type === BINXML) {
        if (!isData) return runNodes(fill, embedded(fill, values, index), DATA);
        const nodes = embedded(fill, values, index);
        fill.put(nameOf(fill, values) ?? "", fragmentXml(fill.chunk, nodes));
      } else if (type & ARRAY) {
        const key = nameOf(fill, values) ?? "";
        for (const text of texts(fill, values, index)) fill.put(key, text);
      } else fill.put(nameOf(fill, values) ?? "", slotText(fill, values, index));
    });
    return;
  }
  const contentOf = textOf(children.filter((node) => node.kind === "text" || node.kind === "slot"));
  steps.push((fill, values) => fill.put(nameOf(fill, values) ?? "", contentOf(fill, values) ?? ""));
}

type Read<T> = (fill: Fill, values: ValueTable) => T | undefined;

function constant(text: string): Read<string> {
  return () => text;
}

function staticText(parts: readonly TemplatePart[]): string {
  return parts.map((part) => part.kind === "text" ? part.text : "").join("");
}

/** The text of parts; undefined where there is nothing but missing values. */
function textOf(parts: readonly TemplatePart[]): Read<string> {
  if (parts.length === 0) return () => undefined;
  if (parts.every((part) => part.kind === "text")) return constant(staticText(parts));
  if (parts.length === 1 && parts[0].kind === "slot") {
    const { index } = parts[0];
    return (fill, values) =>
      typeOf(values, index) === NULL ? undefined : fill.spend(texts(fill, values, index).join(" "));
  }
  const reads = parts.map((part) => textOf([part]));
  return (fill, values) => {
    let all: string | undefined;
    for (const read of reads) {
      const text = read(fill, values);
      if (text !== undefined) all = (all ?? "") + text;
    }
    return all;
  };
}

/** As a number; undefined where the text is none. Numbers from 2^53 on lose their last digits. */
function numberOf(parts: readonly TemplatePart[]): Read<number> {
  const text = textOf(parts);
  const slot = parts.length === 1 && parts[0].kind === "slot" ? parts[0].index : -1;
  return (fill, values) => {
    if (slot >= 0 && 2 * slot < values.length) {
      const { bytes } = fill.chunk.xml;
      const at = values[2 * slot];
      switch (values[2 * slot + 1]) {
        case 0x0104:
          return bytes.u8(at);
        case 0x0206:
          return bytes.u16(at);
        case 0x0408:
          return bytes.u32(at);
        case 0x080a:
          return bytes.u64(at);
      }
    }
    const written = text(fill, values);
    if (written === undefined || written === "") return undefined;
    const n = Number(written);
    return Number.isFinite(n) ? n : undefined;
  };
}

function compileSystem(element: Element, steps: Step[]): void {
  const attribute = (name: string) =>
    element.attributes.find((one) => one.name === name)?.parts ?? [];
  const content = element.children.filter((node) => node.kind === "text" || node.kind === "slot");
  const n = numberOf(content), t = textOf(content);
  switch (element.name) {
    case "Provider": {
      const name = textOf(attribute("Name")), guid = textOf(attribute("Guid"));
      const source = textOf(attribute("EventSourceName"));
      steps.push((fill, values) => {
        fill.system.Provider_Name = name(fill, values);
        fill.system.Provider_Guid = guid(fill, values);
        fill.system.EventSourceName = source(fill, values);
      });
      return;
    }
    case "EventID": {
      const qualifiers = numberOf(attribute("Qualifiers"));
      steps.push((fill, values) => {
        fill.system.EventID = n(fill, values);
        fill.system.Qualifiers = qualifiers(fill, values);
      });
      return;
    }
    case "Version":
      steps.push((fill, values) => void (fill.system.Version = n(fill, values)));
      return;
    case "Level":
      steps.push((fill, values) => void (fill.system.Level = n(fill, values)));
      return;
    case "Task":
      steps.push((fill, values) => void (fill.system.Task = n(fill, values)));
      return;
    case "Opcode":
      steps.push((fill, values) => void (fill.system.Opcode = n(fill, values)));
      return;
    case "Keywords":
      steps.push((fill, values) => void (fill.system.Keywords = t(fill, values)));
      return;
    case "TimeCreated":
      compileTime(attribute("SystemTime"), steps);
      return;
    case "EventRecordID":
      steps.push((fill, values) => void (fill.system.EventRecordID = n(fill, values)));
      return;
    case "Correlation": {
      const own = textOf(attribute("ActivityID")), other = textOf(attribute("RelatedActivityID"));
      steps.push((fill, values) => {
        fill.system.ActivityID = own(fill, values);
        fill.system.RelatedActivityID = other(fill, values);
      });
      return;
    }
    case "Execution": {
      const process = numberOf(attribute("ProcessID")), thread = numberOf(attribute("ThreadID"));
      steps.push((fill, values) => {
        fill.system.ProcessID = process(fill, values);
        fill.system.ThreadID = thread(fill, values);
      });
      return;
    }
    case "Channel":
      steps.push((fill, values) => void (fill.system.Channel = t(fill, values)));
      return;
    case "Computer":
      steps.push((fill, values) => void (fill.system.Computer = t(fill, values)));
      return;
    case "Security": {
      const user = textOf(attribute("UserID"));
      steps.push((fill, values) => void (fill.system.UserID = user(fill, values)));
    }
  }
}

function compileTime(parts: readonly TemplatePart[], steps: Step[]): void {
  const text = textOf(parts);
  const slot = parts.length === 1 && parts[0].kind === "slot" ? parts[0].index : -1;
  steps.push((fill, values) => {
    if (slot >= 0 && 2 * slot < values.length && values[2 * slot + 1] === (8 << 8 | FILETIME)) {
      const { bytes } = fill.chunk.xml;
      const low = bytes.u32(values[2 * slot]), high = bytes.u32(values[2 * slot] + 4);
      fill.system.TimeCreated = fill.spend(fileTimeText(low, high) + "Z");
      fill.time = fileTimeMs(low, high);
      return;
    }
    fill.system.TimeCreated = text(fill, values);
    fill.time = Date.parse(fill.system.TimeCreated ?? "");
  });
}

/** The type of value `index`; NULL where the record does not have it. */
function typeOf(values: ValueTable, index: number): number {
  return 2 * index < values.length ? values[2 * index + 1] & 0xff : NULL;
}

/** The text of a value that is there and is neither an array nor binary XML. */
function slotText(fill: Fill, values: ValueTable, index: number): string {
  const word = values[2 * index + 1];
  const { chunk } = fill;
  return valueText(chunk.xml.bytes, word & 0xff, values[2 * index], word >>> 8, chunk.padded);
}

function texts(fill: Fill, values: ValueTable, index: number): string[] {
  const word = values[2 * index + 1];
  const type = word & 0xff;
  if (type === BINXML) return [fragmentXml(fill.chunk, embedded(fill, values, index))];
  if (!(type & ARRAY)) return [slotText(fill, values, index)];
  const { chunk } = fill;
  return arrayTexts(chunk.xml.bytes, type, values[2 * index], word >>> 8, chunk.padded);
}

function embedded(fill: Fill, values: ValueTable, index: number): Node[] {
  const at = values[2 * index];
  return fill.chunk.xml.fragment(at, at + (values[2 * index + 1] >>> 8), fill.depth);
}
