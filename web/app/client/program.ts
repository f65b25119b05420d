/** What is typed before a command where the server runs, as the page that it sent says. */
export const PROGRAM: string =
  globalThis.document?.querySelector<HTMLElement>("#app")?.dataset.program ?? "deno run";
