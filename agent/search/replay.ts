/**
 * Stored events through the engine of the stream, in order of time: what rules would have raised, and
 * the commands of a search that only a stream has. Event ids are those that the events have.
 */
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { Catalogue, Extraction, Value } from "../../compiler/schema/types.ts";
import { createEngine, type Engine, type EngineOptions } from "../engine/engine.ts";
import type { Alert, AlertChange, Event, EventBatch } from "../event.ts";
import { InputHandle } from "../input.ts";
import { numberOf, type StoredEvent, type StoredKind } from "../store/mod.ts";

/** What the store holds, as a catalogue: one extraction for each sourcetype with its datasets. */
export function storedCatalogue(
  kinds: readonly StoredKind[],
  sourcetypes: Catalogue["sourcetypes"],
): Catalogue {
  const extractions = kinds.map((k, id): Extraction => ({
    id,
    sourcetype: k.sourcetype,
    pattern: k.parseError ? "parse_error" : "stored",
    datasets: k.datasets,
    constants: {},
    captures: [],
    // Fields stand in `more`, whatever they are.
    open: true,
    parseError: k.parseError,
  }));
  return { extractions, sourcetypes };
}

const kindKey = (sourcetype: string, datasets: readonly string[], bad: boolean) =>
  JSON.stringify([sourcetype, datasets, bad]);

/** Takes events in order of time, and gives the changes of alerts. */
export class Replay {
  readonly engine: Engine;
  readonly #catalogue: Catalogue;
  readonly #kinds: ReadonlyMap<string, number>;
  readonly #inputs = new Map<string, InputHandle>();

  constructor(program: IrProgram, catalogue: Catalogue, options: EngineOptions = {}) {
    this.#catalogue = catalogue;
    this.#kinds = new Map(
      catalogue.extractions.map((x) => [kindKey(x.sourcetype, x.datasets, x.parseError), x.id]),
    );
    this.engine = createEngine(program, catalogue, options);
  }

  /** @param events by time, and later than those of the call before */
  take(events: readonly StoredEvent[]): AlertChange[] {
    const { engine } = this;
    for (let from = 0; from < events.length;) {
      let to = from + 1;
      while (to < events.length && sameInput(events[from], events[to])) to++;
      const input = this.#input(events[from]);
      engine.detect(this.#batch(input, events.slice(from, to)));
      // All that is stored comes in one order of time: no input holds another back.
      engine.setIdle(input, true);
      from = to;
    }
    return engine.takeChanges("ended");
  }

  /** No event follows. */
  end(): AlertChange[] {
    this.engine.end();
    return this.engine.takeChanges("all");
  }

  #input(event: StoredEvent): InputHandle {
    const identity = event.id.slice(0, 16);
    const name = `${identity} ${event.source}`;
    let input = this.#inputs.get(name);
    if (input === undefined) {
      input = new InputHandle({ name: event.source, index: this.#inputs.size, identity });
      this.#inputs.set(name, input);
      this.engine.openInput(input);
    }
    return input;
  }

  #batch(input: InputHandle, stored: readonly StoredEvent[]): EventBatch {
    const ids = new Uint16Array(stored.length);
    const events = stored.map((e, i): Event => {
      ids[i] = this.#kinds.get(kindKey(e.sourcetype, e.datasets, e.parseError !== null)) ?? 0;
      return {
        _raw: e.raw,
        _time: e.time,
        host: e.host ?? undefined,
        _time_from: undefined,
        more: fieldsOf(e),
      };
    });
    return {
      lines: {
        input,
        lines: events.map((e) => e._raw),
        arrival: stored.at(-1)!.ingested,
        offset: (i) => parseInt(stored[i].id.slice(16, 28), 16),
      },
      events,
      extractionIds: ids,
      extractions: this.#catalogue.extractions,
      lineOf: (i) => i,
    };
  }
}

/** Its fields as the parser gave them: the column of `status` holds numbers as text. */
const fieldsOf = ({ fields }: StoredEvent): Record<string, Value> =>
  fields.status === undefined ? { ...fields } : { ...fields, status: numberOf(fields.status) };

const sameInput = (a: StoredEvent, b: StoredEvent) =>
  a.source === b.source && a.id.slice(0, 16) === b.id.slice(0, 16);

/** Alerts as they stand at last, by time. */
export class FinalAlerts {
  readonly #byId = new Map<string, Alert>();

  /** @param most alerts that are held; false when there are more */
  add(changes: readonly AlertChange[], most: number): boolean {
    for (const { alert } of changes) {
      if (!this.#byId.has(alert.id) && this.#byId.size >= most) return false;
      this.#byId.set(alert.id, alert);
    }
    return true;
  }

  get size(): number {
    return this.#byId.size;
  }

  list(): Alert[] {
    return [...this.#byId.values()].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
  }
}
