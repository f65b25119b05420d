/**
 * Holds answers against the OpenAPI document by Ajv, which the API itself does not use: what the API
 * takes for a schema and what JSON Schema says it is could otherwise be wrong together.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Json } from "../types/schema.ts";

/** What the document says of one operation. */
export interface Documented {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Json }>> }>
  >;
}

export interface Contract {
  /**
   * What is wrong with an answer; null when the document has its status and type, and its JSON fits.
   * @param path as the document writes it, with `{id}`
   */
  misfit(method: string, path: string, status: number, type: string, text: string): string | null;
}

const pointer = (parts: readonly string[]) =>
  parts.map((p) => "/" + encodeURIComponent(p.replaceAll("~", "~0").replaceAll("/", "~1"))).join(
    "",
  );

/** Throws when the document has a schema that JSON Schema 2020-12 does not allow. */
export function contractOf(document: Json): Contract {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  // The plug-in's types are those of a CommonJS module, whose default is the function itself.
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  // The document is no schema, but what is in it refers to what else is in it.
  for (const word of ["openapi", "info", "tags", "paths", "components"]) ajv.addKeyword(word);
  ajv.addSchema(document, "openapi");
  const paths = document.paths as Record<string, Record<string, Documented>>;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      for (const [status, { content }] of Object.entries(responses)) {
        if (content?.["application/json"]) schemaOf(method, path, status);
      }
    }
  }

  function schemaOf(method: string, path: string, status: string) {
    const at = ["paths", path, method, "responses", status, "content", "application/json"];
    const schema = ajv.getSchema(`openapi#${pointer([...at, "schema"])}`);
    if (!schema) throw new Error(`No schema for ${method} ${path} ${status}`);
    return schema;
  }

  return {
    misfit(method, path, status, type, text) {
      const response = paths[path]?.[method]?.responses[status];
      if (!response) return `${method} ${path}: ${status} is not documented`;
      if (!response.content?.[type]) return `${method} ${path}: ${type} is not documented`;
      if (type !== "application/json") return null;
      const schema = schemaOf(method, path, String(status));
      return schema(JSON.parse(text)) ? null : ajv.errorsText(schema.errors);
    },
  };
}
