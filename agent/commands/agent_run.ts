/** A run of `agent`: what it takes is opened, input is read to its end, and all is closed again. */
import { SEVERITIES, type Severity } from "../../compiler/ir/program.ts";
import { visibleJson } from "../../grammar/visible.ts";
import { hasSources } from "../content/loaded.ts";
import type { Shard } from "../engine/operators/shard.ts";
import type { ReputationWorker } from "../enrich/context/reputation.ts";
import type { AlertChange } from "../event.ts";
import { streamOperand } from "../kafka/url.ts";
import type { Delivery } from "../outputs/delivery/delivery.ts";
import { count } from "../outputs/render/text.ts";
import { type HealthEvent, Sinks } from "../outputs/sink.ts";
import { sinksFor } from "../outputs/sinks.ts";
import type { Keep } from "../run/batcher.ts";
import { streamOf } from "../run/checkpoint.ts";
import { emptySummary, endSummary } from "../run/progress.ts";
import { run } from "../run/run.ts";
import type { Store } from "../store/mod.ts";
import type { AgentSetup } from "./agent_setup.ts";
import { aborted, type Args, EXIT, type Io } from "./command.ts";
import { afterReputation, markerOf, startReputation } from "./context.ts";
import { startDelivery, waiting } from "./delivering.ts";
import { withPort } from "./environment.ts";
import type { Server, Serving } from "./serving.ts";
import { runShared } from "./sharing.ts";
import { retainEvents, type StoreAhead, storeAt, whenItAnswers } from "./stores.ts";

/** ms for which a run that ends goes on delivering what is due. */
const DRAIN = 10_000;

interface Closing {
  close(): Promise<void>;
}

export class AgentRun {
  readonly #setup: AgentSetup;
  readonly #server: Server;
  readonly #io: Io;
  readonly #ahead: StoreAhead | null;
  readonly #summary = emptySummary();
  readonly #sinks: Sinks;
  readonly #limit: ReturnType<typeof failOn>;
  #store: Store | null = null;
  #retention: Closing | null = null;
  #served: Closing | null = null;
  #reputation: ReputationWorker | null = null;
  #delivery: Delivery | null = null;
  /** Of performance.now. */
  #started = performance.now();

  /**
   * @param server what `--serve` starts
   * @param ahead the store, where it is being opened
   */
  constructor(setup: AgentSetup, server: Server, io: Io, ahead: StoreAhead | null) {
    this.#setup = setup;
    this.#server = server;
    this.#io = io;
    this.#ahead = ahead;
    this.#sinks = sinksOf(setup, io);
    this.#limit = failOn(setup.args);
  }

  /** Opens the store, and starts what goes beside the run. */
  async open(): Promise<void> {
    const { args, settings, serves, needs, delivery, messages, listeners, reputationKey } =
      this.#setup;
    const io = this.#io;
    // What the process gives up is gone in the threads that it has started, too.
    await io.keep(
      ...needs,
      ...(serves ? ["net", "run"] as const : []),
      ...(args.flag("alerts") ? ["write"] as const : []),
    );
    await this.#openStore();
    const store = this.#store;
    this.#reputation = await startReputation(settings, reputationKey, { store, ...listeners });
    this.#delivery = await startDelivery(delivery, { args, store, notice: messages.notice });
    await this.#sinks.open();
    // It listens, and has started the process that tries rules: neither is done again.
    await io.keep(...needs);
  }

  async #openStore(): Promise<void> {
    const { args, loaded, tuning, options, place, noted, stored, watch, serves } = this.#setup;
    const { notice } = this.#setup.messages;
    const io = this.#io, live = this.#live;
    // What was found in input that ends does not wait for a new data folder. What goes on is gone when
    // the log has rotated: nothing says that it is read before there is where to note so.
    if (this.#ahead) watch.prepare();
    const store = this.#ahead
      ? await this.#ahead.store()
      : place && await storeAt(place, io, notice, !live);
    this.#store = store;
    noted.to(store);
    // Making a data folder takes seconds that say nothing of the input.
    this.#started = performance.now();
    if (!store) return watch.begin(live, loaded);
    const { StoreTriage } = await import("./triage.ts");
    const triage = stored.triage = new StoreTriage(store, notice);
    await whenItAnswers(() => triage.read(), io, notice);
    watch.begin(live, await triage.load(loaded, tuning, args, io));
    triage.follow(() => watch.reload());
    if (options.keep !== null) this.#retention = retainEvents(store, options.keep, notice);
    if (serves) this.#served = await this.#server.serve(store, servingOf(this.#setup, io));
  }

  /** Reads all input, or what there is until the run is interrupted. */
  async read(): Promise<void> {
    const { inputs, inputsOf, plan, watch, messages } = this.#setup;
    const { failed, ingest: _, named: __, ...feeds } = inputs;
    const io = this.#io, summary = this.#summary, { notice, progress } = messages;
    const stream = (share?: string) => this.#stream(share);
    const common = this.#options();
    if (plan) {
      const engine = (shard: Shard) => watch.engineFor(shard);
      const shared = { plan, store: this.#store!, io, notice, inputs: inputsOf, engine };
      await runShared({ ...shared, stream, common, summary });
    } else {
      await run({
        ...common,
        ...feeds,
        engine: watch.engine!,
        reload: watch,
        store: this.#store,
        stream: stream(),
        signal: io.signal,
        summary,
        progress: (count) => progress.draw(summary, this.#started, count),
      });
    }
    endSummary(summary, failed, this.#started);
  }

  #options() {
    const { args, options, parse, serves, messages, context, stored: { triage } } = this.#setup;
    const io = this.#io, sinks = this.#sinks, limit = this.#limit;
    const delivers = this.#delivery && afterReputation(this.#delivery, this.#reputation);
    return {
      stdin: () => io.stdin(),
      sourcetype: options.sourcetype,
      parse,
      maxLine: options.maxLine,
      spoolLimit: options.spoolLimit,
      // What is served asks the one engine.
      threads: serves ? 1 : options.threads,
      marker: markerOf(context, this.#reputation),
      keep: args.get("store") as Keep | undefined,
      updates: args.flag("updates"),
      notice: messages.notice,
      changes(changes: readonly AlertChange[]) {
        limit.look(changes);
        sinks.alerts(changes);
      },
      health: (notes: readonly HealthEvent[]) => sinks.health(notes),
      delivery: delivers && triage ? triage.unsilenced(delivers) : delivers ?? undefined,
      wentLive: () => sinks.live(),
    };
  }

  /** The name under which a later run goes on with this one. */
  #stream(share?: string): string {
    const { args, options, inputs, parse } = this.#setup;
    return streamOf(args.operands.map(streamOperand), {
      sourcetype: options.sourcetype,
      lateness: inputs.lateness,
      maxLine: options.maxLine,
      ...inputs.named,
      tz: args.all("tz").join(" ") || undefined,
      year: parse.year,
      share,
    });
  }

  /** Serves until it is told to end, and sends what is due. */
  async drain(): Promise<void> {
    const { notice } = this.#setup.messages;
    const { signal } = this.#io;
    if (this.#served && !signal.aborted) {
      notice("The input has ended; the API goes on answering until Ctrl-C or SIGTERM");
      await aborted(signal);
    }
    const left = signal.aborted ? 0 : await this.#reputation?.drain(DRAIN) ?? 0;
    if (left > 0) notice(`AbuseIPDB was not asked about ${count(left, "address", "addresses")}`);
    await this.#delivery?.drain(DRAIN);
  }

  /** Closes all that is open, of a run that failed too. */
  async close(): Promise<void> {
    const { context, watch, messages, delivery, stored: { triage } } = this.#setup;
    const summary = this.#summary, store = this.#store;
    await this.#sinks.close();
    await this.#delivery?.close();
    if (this.#delivery) {
      const waits = await waiting(store, delivery.sinks);
      summary.deliveries = { ...this.#delivery.counts(), waiting: waits };
    }
    summary.silenced = triage?.silenced ?? 0;
    messages.progress.clear();
    context?.close();
    watch.close();
    await triage?.close();
    await this.#reputation?.close();
    await this.#served?.close();
    await this.#retention?.close();
    await store?.close();
  }

  /** Says what came of it. Gives the exit code. */
  async end(): Promise<number> {
    const { args, messages } = this.#setup;
    const summary = this.#summary;
    summary.output_errors = this.#sinks.errors;
    messages.end(summary, { live: this.#live, stored: this.#store !== null });
    const file = args.get("summary");
    if (file) await Deno.writeTextFile(file, visibleJson(summary, 2) + "\n");
    if (summary.failed_inputs.length) return EXIT.input;
    return this.#limit.found() ? EXIT.findings : EXIT.done;
  }

  /** Something goes on until the run is interrupted. */
  get #live(): boolean {
    return this.#setup.inputs.listeners.length > 0;
  }
}

/** What the API shows of a run, and what it changes of it. */
function servingOf({ args, watch, stored, inputs, messages }: AgentSetup, io: Io): Serving {
  const { ingest, listeners } = inputs;
  return {
    address: withPort(args.get("serve")!, io),
    args,
    loaded() {
      const { current } = watch;
      if (!hasSources(current)) {
        throw new Error("What is served was loaded without its sources");
      }
      return current;
    },
    ingest: ingest ? (request, peer) => ingest.handle(request, peer) : undefined,
    exceptionsChanged: () => void stored.triage!.check(() => watch.reload()),
    excepted: () => watch.engine!.counters().excepted,
    lags: () => new Map(listeners.flatMap((l) => [...l.lags?.() ?? []])),
    notice: messages.notice,
  };
}

/** Where the alerts of a run go, by the options of `agent/outputs/sinks.ts`. */
function sinksOf({ args, messages, inputs }: AgentSetup, io: Io): Sinks {
  const { notice, progress } = messages;
  const sinks = sinksFor({
    get: (option) => args.get(option),
    flag: (option) => args.flag(option),
    out(text) {
      progress.clear();
      io.out(text);
    },
    outIsTerminal: io.outIsTerminal,
    color: io.color,
  });
  return new Sinks(sinks, notice, inputs.listeners.length > 0);
}

/** Whether `--fail-on` asks for an exit code of 1, by the alerts that were looked at. */
function failOn(args: Args) {
  const severity = args.get("fail-on") as Severity | undefined;
  const limit = severity ? SEVERITIES.indexOf(severity) : Infinity;
  let found = false;
  return {
    look(changes: readonly AlertChange[]): void {
      found ||= changes.some(({ alert }) => SEVERITIES.indexOf(alert.severity) >= limit);
    },
    found: () => found,
  };
}
