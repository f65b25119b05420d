import type { Context } from "./context.ts"; export function lint(_cx: Context): void {}
