/** What a route is: one description from which the server, the checks and the document come. */
import type { IrExpr } from "../../../compiler/ir/program.ts";
import type { Store } from "../../../agent/store/mod.ts";
import type { Bounds } from "../../../compiler/explain/mod.ts";
import type { Access, Caller } from "../security/access.ts";
import type { Filterable } from "./conditions.ts";
import type { Content } from "./content.ts";
import type { DraftAsked, DraftSession } from "./draft.ts";
import type { Feed } from "../live/feed.ts";
import type { Params, ValuesOf } from "../http/params.ts";
import type { Infer, Schema } from "../types/schema.ts";
import type { Role, RuleCheck, RuleCheckAnswer, TestOutcome } from "../types/mod.ts";

/** Rows that exceptions held back: by rule, and by the exceptions' ids. */
export interface ExceptedCounts {
  readonly byRule: Readonly<Record<string, number>>;
  readonly byException: Readonly<Record<string, number>>;
}

export interface RouteContext<
  P extends Params = Params,
  I extends Params = Params,
  B = unknown,
> {
  readonly store: Store;
  readonly query: ValuesOf<P>;
  /** Of a route with `filters`: what its filters ask for beyond `field=value`. */
  readonly conditions: readonly IrExpr[];
  /** Values of the path's parameters; all there. */
  readonly path: Required<ValuesOf<I>>;
  /** The request's JSON, checked against the route's schema. */
  readonly body: B;
  readonly now: number;
  /** Null where the route is open and no token was sent. */
  readonly caller: Caller | null;
  readonly request: Request;
  /** Address of the other end; "" when it is not known. */
  readonly peer: string;
  readonly services: Services;
}

/** What the API answers from besides the store. */
export interface Services {
  readonly version: string;
  readonly access: Access;
  /** The rules and sourcetypes that are loaded now. */
  content(): Content | null;
  readonly tools: RuleTools;
  readonly feed: Feed;
  /** Called when an exception was taken or ended; null where no agent runs here. */
  readonly exceptionsChanged: (() => void) | null;
  /** Rows that exceptions held back in the agent that runs here; null where none does. */
  excepted(): ExceptedCounts | null;
  /** Records of Kafka's partitions that the agent here has not taken, by the names of its inputs. */
  lags(): ReadonlyMap<string, number>;
  /** Takes lines in; null where no pipeline runs. */
  readonly ingest: ((request: Request, peer: string) => Promise<Response>) | null;
  /** Answers so far by class of status: `2xx`. */
  readonly answered: Readonly<Record<string, number>>;
}

/** What needs the engine; whoever starts the server brings it. */
export interface RuleTools {
  /** Caps that the engine runs with. */
  readonly bounds: Bounds;
  /** Compiles rules and runs them over lines. */
  checkRules(request: Omit<RuleCheck, "event">): Promise<RuleCheckAnswer>;
  /** Runs the tests of a loaded rule. */
  testRule(name: string): Promise<readonly TestOutcome[]>;
  /** Begins a backtest of a text. */
  draft(asked: Omit<DraftAsked, "no">): Promise<DraftSession>;
}

export interface Route<
  P extends Params = Params,
  I extends Params = Params,
  B extends Schema<unknown> = Schema<unknown>,
  A extends Schema<unknown> = Schema<unknown>,
> {
  readonly method?: "get" | "post" | "patch" | "delete";
  /** With `:NAME` for what `ids` describes. */
  readonly path: string;
  /** Further paths that give the same answer. */
  readonly also?: readonly string[];
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The least that a caller must be; null is open to whoever reaches the server. */
  readonly role: Role | null;
  readonly params?: P;
  /** Its parameters are filters of events, which conditions may stand for: see conditions.ts. */
  readonly filters?: Filterable;
  readonly ids?: I;
  readonly body?: B;
  /** Media types that it takes and reads itself, instead of `body`. */
  readonly takes?: readonly string[];
  /** Longest body in bytes; 64 KiB unless told. */
  readonly maxBody?: number;
  readonly answer: A;
  /** Status of the answer; 200 unless told. */
  readonly answers?: number;
  /** Refusals of its own, by status, beside those that every route of its kind has. */
  readonly refuses?: Readonly<Record<number, string>>;
  /** Media types that it answers with instead of JSON, by what their text is. */
  readonly media?: Readonly<Record<string, string>>;
  /** The answer, or a response where it is not JSON. */
  handle(context: RouteContext<P, I, Infer<B>>): Promise<Infer<A> | Response> | Infer<A> | Response;
}

// deno-lint-ignore ban-types
type None = {};

/** Ties the types of a route's parts together. */
export function route<
  P extends Params = None,
  I extends Params = None,
  B extends Schema<unknown> = Schema<unknown>,
  A extends Schema<unknown> = Schema<unknown>,
>(r: Route<P, I, B, A>): Route {
  return r as unknown as Route;
}
