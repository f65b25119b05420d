/** Who may ask: sessions of browsers, and tokens. */
import { ApiError } from "../http/error.ts";
import { pattern } from "../http/params.ts";
import { missing } from "../route/filters.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { jsonResponse } from "../types/json.ts";
import { whoOf } from "../route/who.ts";
import { route } from "../route/route.ts";
import { newToken, tokenHash } from "../security/tokens.ts";
import { StoreError } from "../../../agent/store/mod.ts";
import {
  CreatedToken,
  Login,
  NewToken,
  Revoked,
  Session,
  TOKEN_NAME,
  TokenList,
} from "../types/mod.ts";

export const sessionRoutes = [
  route({
    path: "/api/session",
    tag: "Access",
    summary: "Current session: whether a token is required, and the role",
    role: null,
    answer: Session,
    async handle({ services, caller }) {
      return {
        required: await services.access.required(),
        name: caller?.name ?? null,
        role: caller?.role ?? null,
      };
    },
  }),
  route({
    method: "post",
    path: "/api/session",
    tag: "Access",
    summary: "Sign in with a token: sets an HttpOnly session cookie",
    role: null,
    body: Login,
    answer: Session,
    refuses: { 401: "The token is not in force" },
    async handle({ services, body }) {
      const begun = await services.access.login(body.token);
      if (!begun) {
        throw new ApiError(401, "unknown_token", "The token is not in force; ask for another");
      }
      const answer: Session = { required: true, ...begun.caller };
      return jsonResponse(answer, 200, { "Set-Cookie": begun.cookie });
    },
  }),
  route({
    method: "delete",
    path: "/api/session",
    tag: "Access",
    summary: "Sign out",
    role: null,
    answer: Session,
    async handle({ services, request }) {
      const answer: Session = {
        required: await services.access.required(),
        name: null,
        role: null,
      };
      return jsonResponse(answer, 200, { "Set-Cookie": services.access.logout(request.headers) });
    },
  }),
  route({
    path: "/api/tokens",
    tag: "Access",
    summary: "Tokens by name, including revoked ones",
    role: "admin",
    answer: TokenList,
    async handle({ store }) {
      const tokens = await store.tokens();
      return {
        tokens: tokens.map(({ name, role, created, revoked }) => ({
          name,
          role,
          created: rfc3339(created),
          revoked: revoked === null ? null : rfc3339(revoked),
        })),
      };
    },
  }),
  route({
    method: "post",
    path: "/api/tokens",
    tag: "Access",
    summary: "Create a token; once one exists, every request needs one",
    role: "admin",
    body: NewToken,
    answer: CreatedToken,
    refuses: { 409: "There is a token of this name" },
    async handle({ store, services, body, caller }) {
      const token = newToken();
      try {
        const who = whoOf(caller, undefined);
        await store.addToken({ ...body, hash: await tokenHash(token), who });
      } catch (error) {
        if (!(error instanceof StoreError && error.code === "exists")) throw error;
        throw new ApiError(
          409,
          "token_exists",
          `There is a token "${body.name}"; revoke it or choose another name`,
          "name",
        );
      }
      services.access.changed();
      return { name: body.name, role: body.role, token };
    },
  }),
  route({
    method: "delete",
    path: "/api/tokens/:name",
    tag: "Access",
    summary: "Revoke a token",
    role: "admin",
    ids: { name: pattern("Name of the token", TOKEN_NAME, "grafana") },
    answer: Revoked,
    async handle({ store, services, path, caller }) {
      if (!await store.revokeToken(path.name, whoOf(caller, undefined))) {
        throw missing("token in force", path.name, "name");
      }
      services.access.changed();
      return { revoked: path.name };
    },
  }),
];
