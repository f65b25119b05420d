/** A part of the rules with an engine and parsers of its own, as a thread runs it. */
import { describeTechnique } from "../../compiler/schema/attack/mod.ts";
import { restoreSourcetypes } from "../../compiler/sourcetype/compile/stored.ts";
import type { ParserState } from "../../compiler/sourcetype/mod.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import { cidrMatcher } from "../../compiler/schema/ip.ts";
import { parseCidr, parseIp } from "../../grammar/ip.ts";
import { InputHandle } from "../input.ts";
import { Parsers } from "../stages/parse.ts";
import { Checkpointer } from "./checkpoint.ts";
import {
  type Beginning,
  type InputNow,
  type Request,
  type Results,
  type Standing,
  type Taken,
  unpackLines,
} from "./thread_messages.ts";

/** ms after which counters are told again. */
const COUNTERS_EVERY = 200;

interface Source {
  readonly input: InputHandle;
  parser: ParserState | null;
}

export class RulePart {
  readonly #engine: Engine;
  readonly #parsers: Parsers;
  readonly #sources = new Map<number, Source>();
  readonly #matched: boolean;
  #checkpointer: Checkpointer;
  #counted = -Infinity;
  #ended = false;

  constructor(of: Beginning) {
    const compiled = restoreSourcetypes(
      of.sourcetypes.head,
      (family) => of.sourcetypes.families[family],
    );
    const { proxies, ...parse } = of.parse;
    this.#parsers = new Parsers({
      ...parse,
      compiled,
      ...(proxies === undefined ? {} : { trustedProxies: within(proxies) }),
    });
    this.#engine = createEngine(of.program, compiled.catalogue, {
      limits: of.limits,
      here: of.here,
      technique: describeTechnique,
    });
    this.#engine.restore(of.snapshot);
    this.#engine.sortable = of.sortable;
    this.#matched = of.matched;
    this.#checkpointer = new Checkpointer("", "", this.#engine);
  }

  /** Does what is asked. Throws what goes wrong. */
  answer(request: Exclude<Request, { op: "begin" }>): Results[keyof Results] {
    const engine = this.#engine;
    switch (request.op) {
      case "open":
        engine.openInput(this.#source(request.input).input);
        return null;
      case "take":
        return this.#take(request);
      case "close":
        engine.closeInput(this.#sources.get(request.index)!.input);
        return null;
      case "changes":
        return engine.takeChanges(request.which);
      case "checkpoint":
        return this.#checkpoint();
      case "snapshot":
        return engine.snapshot();
      case "end":
        engine.end();
        this.#ended = true;
        return engine.takeSignals();
    }
  }

  standing(): Standing {
    const engine = this.#engine;
    const { changes } = engine.order.main.cx;
    const now = performance.now();
    const count = this.#ended || now - this.#counted >= COUNTERS_EVERY;
    if (count) this.#counted = now;
    return {
      changed: engine.changedAlerts,
      has: {
        all: changes.has("all"),
        opened: changes.has("opened"),
        ended: changes.has("ended"),
      },
      health: engine.takeHealth(),
      counters: count ? engine.counters() : null,
    };
  }

  #take({ input: now, lines }: Extract<Request, { op: "take" }>): Taken {
    const source = this.#source(now);
    const batch = unpackLines(lines, source.input);
    const { events, state } = this.#parsers.parse(batch, source.parser);
    source.parser = state;
    const matched = this.#engine.detect(events);
    return {
      matched: this.#matched ? matched.slice() : null,
      signals: this.#engine.takeSignals(),
    };
  }

  #checkpoint(): Results["checkpoint"] {
    const { upserts, deletes } = this.#checkpointer.take([]);
    return { upserts, deletes };
  }

  /** The input by its index, with what is known of it now. */
  #source(now: InputNow): Source {
    let source = this.#sources.get(now.index);
    if (source === undefined) {
      source = { input: new InputHandle(now), parser: null };
      this.#sources.set(now.index, source);
    }
    const { input } = source;
    if (now.identity !== null) input.identify(now.identity);
    if (now.sourcetype !== null) input.recognised(now.sourcetype);
    input.unordered(now.lateness);
    input.modifiedAt(now.modified);
    if (now.parser !== undefined) source.parser = now.parser;
    return source;
  }
}

function within(networks: readonly string[]): (address: string) => boolean {
  const matches = cidrMatcher(networks.map((text) => parseCidr(text)!));
  return (address) => {
    const ip = parseIp(address);
    return ip !== null && matches(ip);
  };
}
