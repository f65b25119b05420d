/** The folder of `demo`: its logs, its database, and a file that says that they are the demo's. */
import { UsageError } from "../../agent/commands/command.ts";
import { VERSION } from "../../agent/program.ts";
import { reason } from "../../agent/sources/files.ts";

/** What the file says. */
interface Marker {
  readonly version: string;
  /** RFC 3339; null while the demo is being made. */
  readonly made: string | null;
}

export class DemoFolder {
  private constructor(
    readonly path: string,
    private readonly marker: Deno.FsFile,
    /** Whether a demo was in it before. */
    readonly used: boolean,
    /** When the demo in it was made, epoch ms; null where it has to be made. */
    readonly ready: number | null,
  ) {}

  get logs(): string {
    return `${this.path}/logs`;
  }
  get store(): string {
    return `${this.path}/data`;
  }

  /**
   * Takes a folder for this process, made when it is not there.
   * @throws {UsageError} when it cannot be written, holds something else, or another demo has it
   */
  static async open(given: string): Promise<DemoFolder> {
    const path = given.replace(/(.)\/+$/, "$1");
    try {
      await Deno.mkdir(path, { recursive: true });
      const names = [...Deno.readDirSync(path)].map((e) => e.name);
      const used = names.includes("demo.json");
      if (!used && names.length > 0) {
        throw new UsageError(
          `The folder "${path}" holds something else than a demo`,
          "Name another folder with --data DIR",
        );
      }
      const marker = await Deno.open(`${path}/demo.json`, {
        read: true,
        write: true,
        create: true,
      });
      // Goes with the process, however it ends.
      if (!await marker.tryLock(true)) {
        marker.close();
        throw new UsageError(
          `A demo runs on "${path}" already`,
          "End it with Ctrl-C there, or name another folder with --data DIR",
        );
      }
      return new DemoFolder(path, marker, used, used ? await readyOf(path) : null);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(
        `Cannot write to "${path}": ${reason(error)}`,
        "Name a folder that this user may write to with --data DIR",
      );
    }
  }

  /** Removes the demo that was in it, and nothing else. */
  async clear(): Promise<void> {
    await this.#mark(null);
    for (const part of [this.logs, this.store]) {
      await Deno.remove(part, { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  }

  /** The demo is whole. */
  async finish(): Promise<void> {
    await this.#mark(new Date().toISOString());
  }

  close(): void {
    this.marker.close();
  }

  async #mark(made: string | null): Promise<void> {
    const text: Marker = { version: VERSION, made };
    const bytes = new TextEncoder().encode(JSON.stringify(text) + "\n");
    await this.marker.truncate();
    await this.marker.seek(0, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += await this.marker.write(bytes.subarray(at));
  }
}

/** When the demo in a folder was made; null for one of another version, or that is not whole. */
async function readyOf(path: string): Promise<number | null> {
  try {
    const marker: Partial<Marker> = JSON.parse(await Deno.readTextFile(`${path}/demo.json`));
    if (marker.version !== VERSION || typeof marker.made !== "string") return null;
    const made = Date.parse(marker.made);
    return Number.isNaN(made) ? null : made;
  } catch {
    return null;
  }
}
