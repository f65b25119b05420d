/** A request's body as text, of bounded size. */

/** A body that cannot be read; `message` is for who sent it. */
export class BodyError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** Reads a body, packed by gzip or not, of at most `limit` bytes unpacked. Throws BodyError. */
export async function bodyText(request: Request, limit: number): Promise<string> {
  const packing = request.headers.get("content-encoding")?.toLowerCase() ?? "identity";
  if (packing !== "identity" && packing !== "gzip") {
    throw new BodyError(415, "unsupported_encoding", "Send the body as it is, or packed by gzip");
  }
  const { body } = request;
  if (!body) return "";
  const stream = packing === "gzip" ? body.pipeThrough(new DecompressionStream("gzip")) : body;
  const decoder = new TextDecoder();
  let out = "", size = 0;
  try {
    for await (const part of stream as ReadableStream<Uint8Array>) {
      size += part.length;
      if (size > limit) {
        throw new BodyError(413, "too_large", `The body is over ${limit} bytes; send less at once`);
      }
      out += decoder.decode(part, { stream: true });
    }
  } catch (error) {
    if (error instanceof BodyError) throw error;
    throw new BodyError(400, "bad_body", "The body ended early, or is not packed as it says");
  }
  return out + decoder.decode();
}
