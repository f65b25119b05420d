import type { FunctionSpec } from "./spec.ts";

/** The function `base64decode`. */
export const base64decode: FunctionSpec = {
  name: "base64decode",
  summary:
    "The text that base64 holds (also the URL-safe alphabet), UTF-8 or the UTF-16 that PowerShell writes; missing when it is none",
  group: "string",
  params: [{ name: "text", type: "text" }],
  returns: "string",
  examples: [
    { call: 'base64decode("cm9vdA==")', gives: "root" },
    { call: 'base64decode("aQBlAHgA")', gives: "iex" },
    { call: 'base64decode("no base64!")', gives: undefined },
  ],
  run: (s) => {
    const text = String(s).trim().replaceAll("-", "+").replaceAll("_", "/").replace(/={1,2}$/, "");
    if (text.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(text)) return undefined;
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return isUtf16(bytes)
      ? new TextDecoder("utf-16le").decode(bytes)
      : new TextDecoder().decode(bytes);
  },
};

/** Text of mostly ASCII in UTF-16: every second byte is zero. */
function isUtf16(bytes: Uint8Array): boolean {
  if (bytes.length < 2 || bytes.length % 2 !== 0) return false;
  let zeros = 0;
  for (let i = 1; i < bytes.length; i += 2) if (bytes[i] === 0) zeros++;
  return zeros * 4 >= bytes.length;
}
