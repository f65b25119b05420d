/** Reads the JSON of a request: by type, length and schema. */
import { ApiError } from "../http/error.ts";
import { misfit, type Schema } from "../types/schema.ts";

/** Longest body in bytes, unless its route says otherwise. */
const MAX_BODY = 64 * 1024;
/** Deepest nesting; JSON.parse takes any, what walks it afterwards does not. */
const MAX_DEPTH = 16;
/** How long a body may take to come, in ms. */
const PATIENCE = 15_000;

/**
 * The JSON of a request. Only as `application/json`: a page of another site can send other types
 * without being asked, and nothing of this API answers to a page of another site.
 * @throws {ApiError}
 */
export async function readBody<T>(
  request: Request,
  schema: Schema<T>,
  max = MAX_BODY,
): Promise<T> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    throw new ApiError(415, "unsupported_type", "Send the body as application/json");
  }
  const bytes = await readBytes(request, max);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ApiError(400, "invalid_body", "The body is not JSON in UTF-8; correct it");
  }
  const strange = unfit(value, "", 0);
  if (strange) throw strange;
  const wrong = misfit(schema.json, value, schema.defs);
  if (wrong) {
    const field = wrong.path.slice(0, 100);
    throw new ApiError(
      400,
      "invalid_body",
      field === ""
        ? `The body has to be ${wrong.expected}`
        : `"${field}" has to be ${wrong.expected}`,
      ...(field === "" ? [] : [field]),
    );
  }
  return value as T;
}

/** The whole body. */
export async function readBytes(request: Request, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = new ApiError(413, "too_large", `Send ${max} bytes at most`);
  const said = Number(request.headers.get("content-length") ?? 0);
  if (said > max) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ApiError(408, "too_slow", "The body did not come in time; send it again")),
      PATIENCE,
    );
  });
  try {
    while (reader) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) break;
      size += value.length;
      if (size > max) throw tooLarge;
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
    reader?.cancel().catch(() => {});
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Text that no database takes (NUL, halves of surrogate pairs), and nesting without end. */
function unfit(value: unknown, path: string, depth: number): ApiError | null {
  const field = path.slice(0, 100);
  if (typeof value === "string" && (value.includes("\0") || !value.isWellFormed())) {
    return new ApiError(400, "invalid_body", `"${field}" has to be Unicode text`, field);
  }
  if (typeof value !== "object" || value === null) return null;
  if (depth >= MAX_DEPTH) return new ApiError(400, "invalid_body", "The body is nested too deep");
  for (const [name, item] of Object.entries(value)) {
    const found = unfit(item, path === "" ? name : `${path}.${name}`, depth + 1);
    if (found) return found;
  }
  return null;
}
