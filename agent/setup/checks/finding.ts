/** What a check of `doctor` found. */
export interface Finding {
  /** What was looked at: config, logs, clock … */
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly message: string;
  /** What to do. */
  readonly help?: string;
}

/** Findings of one check. */
export class Findings {
  readonly list: Finding[] = [];

  constructor(private readonly check: string) {}

  ok(message: string): void {
    this.list.push({ check: this.check, level: "ok", message });
  }
  warning(message: string, help: string): void {
    this.list.push({ check: this.check, level: "warning", message, help });
  }
  error(message: string, help: string): void {
    this.list.push({ check: this.check, level: "error", message, help });
  }
}
