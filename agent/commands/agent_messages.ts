/** What a run of `agent` says on stderr, and the progress that it draws there. */
import { visible } from "../../grammar/visible.ts";
import { Progress, type Summary, summaryText } from "../run/progress.ts";
import type { Io } from "./command.ts";
import { speaks } from "./environment.ts";

export class AgentMessages {
  readonly progress: Progress;
  readonly #io: Io;
  readonly #quiet: boolean;
  readonly #speaks: (text: string) => boolean;

  /** @param quiet errors alone are said */
  constructor(io: Io, quiet: boolean) {
    this.#io = io;
    this.#quiet = quiet;
    this.#speaks = speaks(io);
    const draws = io.errIsTerminal && !quiet;
    this.progress = new Progress((text) => io.err(text), draws, () => io.columns());
  }

  /** Says a line, as far as the run is to say such a thing. */
  readonly notice = (text: string): void => {
    this.progress.clear();
    if (!this.#speaks(text)) return;
    if (!this.#quiet || text.startsWith("error")) this.#io.err(visible(text) + "\n");
  };

  /** The summary. @param live it was meant to go on until it was interrupted */
  end(summary: Summary, { live, stored }: { readonly live: boolean; readonly stored: boolean }) {
    if (this.#quiet || !this.#speaks("")) return;
    if (summary.interrupted && !live) this.#io.err("Interrupted: what was read is kept\n");
    this.#io.err(summaryText(summary, stored));
  }
}
