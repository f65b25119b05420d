/** A request's body as text, of bounded size. */

/** A body that cannot be read; `message` is for who sent it. */
export class BodyError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** How long nothing of a body may come, in ms. A slow one is read to its end. */
const STALLED = 30_000;

/**
 * Reads a body, packed by gzip or not, of at most `limit` bytes unpacked. Throws BodyError.
 * @param stalled how long nothing of it may come, in ms
 */
export async function bodyText(
  request: Request,
  limit: number,
  stalled = STALLED,
): Promise<string> {
  const packing = request.headers.get("content-encoding")?.toLowerCase() ?? "identity";
  if (packing !== "identity" && packing !== "gzip") {
    throw new BodyError(415, "unsupported_encoding", "Send the body as it is, or packed by gzip");
  }
  const { body } = request;
  if (!body) return "";
  const coming = watched(body, stalled);
  const stream = packing === "gzip" ? coming.pipeThrough(new DecompressionStream("gzip")) : coming;
  const decoder = new TextDecoder();
  let out = "", size = 0;
  try {
    for await (const part of stream) {
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

/** The bytes of a body; fails with BodyError when nothing of it comes for `stalled` ms. */
function watched(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  stalled: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        late.reject(new BodyError(408, "too_slow", "Nothing more of the body came; send it again"));
      }, stalled);
      try {
        const { done, value } = await Promise.race([reader.read(), late.promise]);
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        reader.cancel().catch(() => {});
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: () => reader.cancel(),
  });
}
