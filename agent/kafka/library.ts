/** @platformatic/kafka, loaded where it is used, and what its errors say. */
import process from "node:process";

export type Library = typeof import("@platformatic/kafka");

/**
 * The library. While it loads, the environment lists no variables and has none that may not be read: a
 * package of its packages (`debug`) lists them all, for which a run has no permission.
 */
export async function kafkaLibrary(): Promise<Library> {
  const given = Object.getOwnPropertyDescriptor(process, "env")!;
  const { env } = process;
  const quiet = new Proxy({}, {
    get(_none, name) {
      try {
        return Reflect.get(env, name);
      } catch {
        return undefined;
      }
    },
  });
  Object.defineProperty(process, "env", { value: quiet, configurable: true, writable: true });
  try {
    return await import("@platformatic/kafka");
  } finally {
    Object.defineProperty(process, "env", given);
  }
}

export interface KafkaFailure {
  readonly message?: string;
  readonly code?: string;
  /** Name of the protocol's error. */
  readonly apiId?: string;
  readonly errors?: readonly unknown[];
  readonly cause?: unknown;
}

/** An error and its causes, which the library nests several deep; the innermost first. */
export function* causes(error: unknown, depth = 0): Generator<KafkaFailure> {
  if (typeof error !== "object" || error === null || depth > 8) return;
  const failure = error as KafkaFailure;
  for (const inner of [...failure.errors ?? [], failure.cause]) yield* causes(inner, depth + 1);
  yield failure;
}
