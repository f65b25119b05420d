/** Asks for a token where the server wants one; the server keeps it in a cookie of its own. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { PROGRAM } from "./client/program.ts";
import type { Session } from "../server/types/mod.ts";
import { ApiFailure, request, useApi } from "./client/fetch.ts";
import { Icon } from "./parts/icon.tsx";

/** The pages, or the question for a token before them. */
export function SignedIn({ children }: { children: ComponentChildren }) {
  const session = useApi<Session>("/api/session");
  if (session.data?.required && session.data.role === null) {
    return <SignIn onDone={() => location.reload()} />;
  }
  return <>{children}</>;
}

/** Who is signed in, and the way out; nothing where no token is asked for. */
export function SignOut() {
  const { data } = useApi<Session>("/api/session");
  if (!data?.required || data.role === null) return null;
  const leave = () =>
    request("/api/session", { method: "DELETE" }).finally(() => location.reload());
  return (
    <button type="button" class="button plain small" onClick={leave} title="Sign out">
      <Icon name="out" />
      Sign out {data.name}
    </button>
  );
}

function SignIn({ onDone }: { onDone(): void }) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await request("/api/session", { method: "POST", body: { token: token.trim() } });
      onDone();
    } catch (e) {
      setError(e instanceof ApiFailure ? e.message : String(e));
    }
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>Picket</h1>
        <label class="field">
          Token
          <input
            class="input"
            type="password"
            autocomplete="current-password"
            value={token}
            onInput={(e) => setToken(e.currentTarget.value)}
          />
        </label>
        {error && <p class="notice error" role="alert">{error}</p>}
        <button type="submit" class="button primary" disabled={!token.trim()}>Sign in</button>
        <p class="muted">
          Create a token with `{PROGRAM} token create NAME`, or ask the administrator.
        </p>
      </form>
    </main>
  );
}
