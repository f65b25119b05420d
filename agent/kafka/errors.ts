/** What went wrong between here and a cluster of Kafka, in words without secrets. */
import { causes } from "./library.ts";

/** A request that failed: the reason in words, without secrets. */
export class KafkaError extends Error {
  constructor(
    message: string,
    /** No further attempt mends it: a wrong password, a topic that this user may not read. */
    readonly lasting = false,
  ) {
    super(message);
  }
}

/** Codes of errors that are told apart. */
export const CODE = {
  offsetOutOfRange: 1,
  unknownTopic: 3,
  topicNotAuthorized: 29,
  unknownTopicId: 100,
} as const;

/** What the commonest codes of the system mean. */
const SAID: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection is refused",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "there is no such host",
  ETIMEDOUT: "it does not answer",
  PLT_KFK_TIMEOUT: "it does not answer",
};

/** What a request failed with. @param secret is left out of what is said */
export function kafkaError(error: unknown, secret?: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const all = [...causes(error)];
  if (all.some((e) => e.code === "PLT_KFK_AUTHENTICATION")) {
    return new KafkaError("it refuses the user or the password", true);
  }
  const named = all.find((e) => e.apiId);
  if (named) return new KafkaError(`it answers ${named.apiId}`);
  const { message = "", code = "" } = all[0] ?? {};
  const text = SAID[code] ?? message.replace(/\s+/g, " ").slice(0, 200);
  return new KafkaError(secret === undefined ? text : text.replaceAll(secret, "…"));
}

/** An answer that names errors of some topics is one all the same. */
export function partial<T>(error: unknown): T {
  const found = [...causes(error)].find((e) => (e as { response?: unknown }).response);
  if (found) return (found as unknown as { response: T }).response;
  throw error;
}
