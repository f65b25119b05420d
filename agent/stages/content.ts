/**
 * The stage from bytes to records: lines of text, unless the first bytes show that line feeds do not
 * separate the records, as in a binary event log of Windows, an export of it as XML, or JSON over
 * several lines.
 */
import type { Bytes, InputHandle } from "../input.ts";
import type { Encoding } from "./decode.ts";
import { EvtxFrames } from "./evtx.ts";
import { FrameReader, type Framing, isCounted } from "./frames.ts";
import {
  byteOrderMark,
  type Content,
  DEFAULT_MAX_LINE,
  type LineCounters,
  type LineOptions,
  LineReader,
  newLineCounters,
  type TextBatch,
} from "./lines.ts";

export interface ContentOptions extends Omit<LineOptions, "encoding"> {
  /** What the input holds, when reading goes on from an offset; otherwise its first bytes tell. */
  readonly encoding?: Content;
  /** Once it is aborted, the input has been left in the middle: what is held of it is no record. */
  readonly signal?: AbortSignal;
}

/** Turns one input's bytes into batches. */
interface Reader {
  /** Takes a chunk; returns the records that it ends, or null. `data` is not kept. */
  push(data: Uint8Array, arrival: number): TextBatch | null;
  /** The input has ended: what is left, or null. */
  end(): TextBatch | null;
}

/**
 * The stage: chunks of bytes in, one batch for each chunk that ends a record. A record is passed on as
 * soon as its end is in; half a line at the end of the input is a line. When the chunks turn to
 * another input, the former one's rest is passed on first. Sets `input.identity`, unless it is set,
 * before the first batch of an input.
 */
export function lines(options: ContentOptions = {}): TransformStream<Bytes, TextBatch> {
  let reader: ContentReader | null = null;
  return new TransformStream<Bytes, TextBatch>({
    transform(chunk, controller) {
      if (reader !== null && reader.input !== chunk.input) {
        const last = reader.end();
        if (last) controller.enqueue(last);
        reader = null;
      }
      reader ??= new ContentReader(chunk.input, options);
      const batch = reader.push(chunk.data, chunk.arrival);
      if (batch) controller.enqueue(batch);
    },
    flush(controller) {
      const last = reader?.end();
      if (last) controller.enqueue(last);
    },
  });
}

/** Decides by the first bytes how an input is read, and reads it so. */
export class ContentReader implements Reader {
  readonly counters: LineCounters;
  #reader: Reader | null = null;
  /** First bytes, until they say enough. */
  #start: Uint8Array = new Uint8Array(0);
  #arrival = 0;

  constructor(readonly input: InputHandle, readonly options: ContentOptions = {}) {
    this.counters = options.counters ?? newLineCounters();
    if ((options.offset ?? 0) > 0) this.#reader = this.#open(options.encoding ?? "utf-8");
  }

  push(data: Uint8Array, arrival: number): TextBatch | null {
    if (this.#reader !== null) return this.#reader.push(data, arrival);
    this.#arrival = arrival;
    const seen = this.#start.length === 0 ? data : joined(this.#start, data);
    const content = contentOf(seen, this.input.name, false);
    if (content === undefined) {
      this.#start = seen.slice();
      return null;
    }
    this.#start = new Uint8Array(0);
    this.#reader = this.#open(content);
    return this.#reader.push(seen, arrival);
  }

  end(): TextBatch | null {
    if (this.options.signal?.aborted) return null;
    if (this.#reader !== null) return this.#reader.end();
    this.#reader = this.#open(contentOf(this.#start, this.input.name, true) ?? null);
    const first = this.#reader.push(this.#start, this.#arrival);
    const last = this.#reader.end();
    return first && last ? oneAfterOther(first, last) : first ?? last;
  }

  #open(content: Content | null): Reader {
    const { maxLine = DEFAULT_MAX_LINE, offset = 0 } = this.options;
    const { counters, input } = this;
    if (content === "evtx" || content === "evtx unchecked") {
      input.unordered(EVTX_LATENESS);
      return new EvtxFrames(input, counters, offset, content === "evtx");
    }
    const framed = /^(xml|json|octets) (.*)$/.exec(content ?? "");
    if (framed !== null) {
      const framing = framed[1] as Framing, encoding = framed[2] as Encoding;
      return new FrameReader(input, { framing, encoding, maxLine, counters, offset });
    }
    const encoding = offset > 0 && content !== null ? { encoding: content as Encoding } : {};
    return new LineReader(input, { maxLine, counters, offset, ...encoding });
  }
}

/** ms. Windows fills a log from many buffers, so that its records are seconds out of order. */
const EVTX_LATENESS = 60_000;
/** Bytes after which an input that could still be one thing or the other is lines. */
const ENOUGH = 4096;
const EVENT_LOG = /^(?:ElfFile|ElfChnk)\0/;
const XML = /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)?<Events?[\s>]/;
const MAYBE_XML = /^\s*(?:$|<(?:$|!|\?|E))/;
/** An object whose first key is not on its first line, or a list of objects. */
const JSON_VALUES = /^\s*(?:\{[ \t]*\r?\n|\[\s*\{)/;
const MAYBE_JSON = /^\s*(?:\{[ \t]*\r?|\[\s*)$/;

/** What an input holds by its first bytes: null is lines of text, undefined not known yet. */
function contentOf(start: Uint8Array, name: string, ended: boolean): Content | null | undefined {
  const encoding = byteOrderMark(start, true)!.encoding;
  const text = new TextDecoder(encoding).decode(start.subarray(0, ENOUGH), { stream: true });
  if (EVENT_LOG.test(text) || /\.evtx(?:\.\w+)?$/i.test(name) && text.includes("\0")) return "evtx";
  if (XML.test(text)) return `xml ${encoding}`;
  if (JSON_VALUES.test(text)) return `json ${encoding}`;
  const counted = isCounted(start, ended);
  if (counted) return "octets utf-8";
  if (ended || start.length >= ENOUGH) return null;
  const open = start.length === 1 || counted === undefined || "ElfFile\0".startsWith(text) ||
    "ElfChnk\0".startsWith(text) ||
    MAYBE_XML.test(text) || MAYBE_JSON.test(text);
  return open ? undefined : null;
}

function oneAfterOther(a: TextBatch, b: TextBatch): TextBatch {
  const n = a.lines.length;
  const truncated = [...a.truncated ?? [], ...(b.truncated ?? []).map((i) => i + n)];
  return {
    ...b,
    lines: [...a.lines, ...b.lines],
    offset: (i) => i < n ? a.offset(i) : b.offset(i - n),
    truncated: truncated.length > 0 ? truncated : null,
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
