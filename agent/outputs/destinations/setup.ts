/** What destinations have in common when they are set up: settings that are checked once. */
import {
  jsonTemplate,
  type Place,
  type Template,
  TemplateError,
  textTemplate,
} from "../forms/template.ts";
import { SettingError, type SettingSpec, type SettingValues } from "./destination.ts";

/** Certificates for a receiver whose own authority no browser knows. */
export const CA: SettingSpec = {
  name: "ca",
  kind: "path",
  summary: "Certificates (PEM) that are trusted in place of the public ones",
};

/**
 * An address of http or https, without a name and password in it, which would be shown in errors.
 *
 * @throws {SettingError}
 */
export function addressOf(name: string, text: string): URL {
  // Its text may be a secret: it is not repeated.
  if (!URL.canParse(text)) {
    throw new SettingError(name, `"${name}" is no address`, "Write it as https://HOST/PATH");
  }
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new SettingError(name, `"${name}" must begin with https:// or http://`);
  }
  if (url.username || url.password) {
    throw new SettingError(
      name,
      `"${name}" has a user or password in it`,
      "Take it out, and give it by a setting of its own",
    );
  }
  url.hash = "";
  return url;
}

/** @throws {SettingError} where it is missing or empty */
export function required(settings: SettingValues, name: string): string {
  const text = settings.text(name)?.trim();
  if (text) return text;
  throw new SettingError(name, `"${name}" is empty`);
}

/** The certificates of the file that `ca` names. */
export async function certificates(settings: SettingValues): Promise<string | undefined> {
  const path = settings.text("ca");
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch {
    throw new SettingError("ca", `The file "${path}" cannot be read`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new SettingError("ca", `The file "${path}" holds no certificate in PEM`);
}

/** @throws {SettingError} */
export function template(name: string, text: string, place: Place): Template {
  return templated(name, () => textTemplate(text, place));
}

/** A template that is JSON, whose strings are for a place. @throws {SettingError} */
export function templateOfJson(name: string, text: string, place: Place): Template {
  return templated(name, () => jsonTemplate(text, place));
}

function templated(name: string, make: () => Template): Template {
  try {
    return make();
  } catch (error) {
    if (error instanceof TemplateError) throw new SettingError(name, error.message);
    throw error;
  }
}

/** A whole number within bounds. @throws {SettingError} */
export function whole(
  settings: SettingValues,
  name: string,
  least: number,
  most: number,
): number {
  const n = settings.number(name) ?? NaN;
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  throw new SettingError(name, `"${name}" must be a whole number from ${least} to ${most}`);
}
