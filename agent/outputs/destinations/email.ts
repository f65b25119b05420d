/** E-mail by SMTP (RFC 5321), by nodemailer, which is loaded when the first mail is sent. */
import type { Socket } from "node:net";
import { cut } from "../forms/escape.ts";
import { mailHtml, mailSubject } from "../forms/mail.ts";
import { plainMessage } from "../forms/message.ts";
import {
  type DestinationContext,
  type DestinationSpec,
  type Notification,
  type Outcome,
  SettingError,
  type SettingValues,
} from "./destination.ts";
import { AddressRefused } from "./guard.ts";
import { reasonOf, words } from "./reason.ts";
import { CA, certificates, required, whole } from "./setup.ts";
import { openSocket } from "./socket.ts";

/** starttls: encrypted before anything of a mail is said, or not sent at all. */
type Security = "starttls" | "tls" | "none";

interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly ca?: string;
  readonly auth?: { readonly user: string; readonly pass: string };
}

export const email: DestinationSpec = {
  type: "email",
  summary: "E-mail by an SMTP server",
  settings: [
    { name: "host", kind: "text", required: true, summary: "Name of the SMTP server" },
    { name: "port", kind: "number", summary: "Its port; 587, by `tls` 465, by `none` 25" },
    {
      name: "security",
      kind: "text",
      choices: ["starttls", "tls", "none"],
      default: "starttls",
      summary: "`none` sends passwords and alerts in the clear",
    },
    { name: "user", kind: "text", summary: "User, where the server asks for one" },
    { name: "password", kind: "secret", summary: "Password of `user`" },
    {
      name: "from",
      kind: "text",
      required: true,
      summary: "Sender, as `Picket <picket@example.com>`",
    },
    { name: "to", kind: "texts", required: true, summary: "Recipients" },
    CA,
  ],
  async make(settings, context) {
    const server = await serverOf(settings);
    const from = mailAddress("from", required(settings, "from"));
    const to = settings.texts("to").map((text) => mailAddress("to", text));
    if (to.length === 0) throw new SettingError("to", '"to" names nobody');
    return {
      async deliver(notification, signal): Promise<Outcome> {
        let socket: Socket | null = null;
        try {
          const { host, port, security, ca } = server;
          const target = { host, port, tls: security === "tls", ca };
          socket = await openSocket(context, target, signal);
          const mail = { ...mailOf(notification, context), from, to };
          return await sendMail(server, socket, mail, context.host);
        } catch (error) {
          if (error instanceof AddressRefused) return { state: "rejected", reason: error.message };
          return failure(error, server, signal);
        } finally {
          socket?.destroy();
        }
      },
      close: () => Promise.resolve(),
    };
  },
};

async function serverOf(settings: SettingValues): Promise<MailServer> {
  const security = (settings.text("security") ?? "starttls") as Security;
  const ports = { starttls: 587, tls: 465, none: 25 };
  const user = settings.text("user"), pass = settings.text("password")?.trim();
  if ((user === undefined) !== (pass === undefined)) {
    const [given, missing] = user === undefined ? ["password", "user"] : ["user", "password"];
    throw new SettingError(given, `"${given}" is given without "${missing}"`);
  }
  return {
    host: required(settings, "host"),
    port: settings.number("port") === undefined
      ? ports[security]
      : whole(settings, "port", 1, 65_535),
    security,
    ca: await certificates(settings),
    auth: user === undefined ? undefined : { user, pass: pass! },
  };
}

/** One address, with a name or without. A comma would make it several. */
function mailAddress(setting: string, text: string): string {
  const m = /^(?:[^<>",;:\r\n]*<)?([^\s<>",;:@]+@[^\s<>",;:@]+)>?$/.exec(text.trim());
  if (m) return text.trim();
  throw new SettingError(setting, `"${text}" is no address of e-mail`, "Write NAME@DOMAIN");
}

/** Mails about one alert answer each other, so that mail programs show them together. */
function mailOf(notification: Notification, { host }: DestinationContext) {
  const domain = host.replaceAll(/[^\w.-]/g, "_") || "localhost";
  const id = (text: string) => `<${text.replaceAll(/[^\w.-]/g, "_")}@picket.${domain}>`;
  const { alerts, key } = notification;
  const thread = alerts.length === 1 && notification.more === 0 ? id(alerts[0].id) : undefined;
  return {
    subject: mailSubject(notification),
    text: plainMessage(notification),
    html: mailHtml(notification),
    // The same on each attempt: servers that have it already say so or drop it.
    messageId: id(key),
    ...thread ? { inReplyTo: thread, references: thread } : {},
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

type Mail = ReturnType<typeof mailOf> & { readonly from: string; readonly to: readonly string[] };

interface Connected {
  readonly connection: Socket;
  /** It is encrypted already. */
  readonly secured: boolean;
}

async function sendMail(
  { host, security, ca, auth }: MailServer,
  socket: Socket,
  mail: Mail,
  name: string,
): Promise<Outcome> {
  const { createTransport } = (await import("nodemailer")).default;
  const transport = createTransport({
    host,
    name: name.replaceAll(/[^\w.-]/g, "_"),
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    auth,
    tls: { servername: host, ca },
    getSocket: (_options: object, done: (error: null, socket: Connected) => void) =>
      done(null, { connection: socket, secured: security === "tls" }),
  });
  try {
    // An attempt that is given up destroys the socket, of which nodemailer may learn late.
    const closed = new Promise<never>((_, reject) => {
      socket.once("close", () => reject(new Error("The connection was closed")));
    });
    const info = await Promise.race([
      transport.sendMail({ ...mail, to: [...mail.to] }),
      closed,
    ]);
    const refused = info.rejected?.length ?? 0;
    return refused === 0 ? { state: "delivered" } : {
      state: "rejected",
      reason: `The server refuses ${refused} of ${mail.to.length} recipients: ` +
        cut(words(info.rejected!.map(String).join(", ")), 200),
    };
  } finally {
    transport.close();
  }
}

interface SmtpFailure {
  readonly responseCode?: number;
  readonly response?: string;
  readonly code?: string;
  readonly rejectedErrors?: readonly SmtpFailure[];
}

/** 4yz is worth another attempt, 5yz is not (RFC 5321 4.2.1). */
function failure(error: unknown, { auth }: MailServer, signal: AbortSignal): Outcome {
  if (signal.aborted) return { state: "retry", reason: reasonOf(error, signal) };
  const smtp = (error ?? {}) as SmtpFailure;
  const codes = [smtp, ...smtp.rejectedErrors ?? []].flatMap((e) => e.responseCode ?? []);
  if (smtp.code === "ETLS") {
    const said = error instanceof Error ? error.message : "";
    return {
      state: "rejected",
      reason: `The connection was not encrypted, and nothing was sent: ${words(said, 150)}`,
    };
  }
  if (codes.length === 0) return { state: "retry", reason: reasonOf(error, signal) };
  // Some servers repeat what a client has said.
  let said = words(smtp.response ?? "", 200);
  for (const secret of auth ? [auth.pass, btoa(unescape(encodeURIComponent(auth.pass)))] : []) {
    said = said.replaceAll(secret, "…");
  }
  return {
    state: codes.every((code) => code >= 500) ? "rejected" : "retry",
    reason: smtp.code === "EAUTH"
      ? `The server refuses the user or the password (${codes[0]})`
      : `The server refuses the mail: ${said}`,
  };
}
