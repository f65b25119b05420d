/**
 * Syslog (RFC 5424) by UDP (RFC 5426), TCP with octet counting (RFC 6587 3.4.1) or TLS (RFC 5425).
 * Neither of them acknowledges: by UDP a message counts as delivered when it is sent; by TCP and TLS
 * when all is written and the receiver has closed, or kept quiet for a second, after it.
 */
import net from "node:net";
import { VERSION } from "../../program.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import { cut, syslogName, syslogParameter } from "../forms/escape.ts";
import { type FormRecord, RECORD_FORMS, recordsOf } from "../forms/forms.ts";
import { shortened } from "../forms/shorten.ts";
import {
  type DestinationContext,
  type DestinationSpec,
  type Notification,
  type Outcome,
  SettingError,
} from "./destination.ts";
import { AddressRefused } from "./guard.ts";
import { reasonOf } from "./reason.ts";
import { CA, certificates, required, whole } from "./setup.ts";
import { openSocket, type SocketTarget } from "./socket.ts";

/** RFC 5424 6.2.1 */
const FACILITIES = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"],
  ...["authpriv", "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2"],
  ...["local3", "local4", "local5", "local6", "local7"],
];

/** alert, critical, error, warning, notice */
const SEVERITY: Readonly<Record<Severity, number>> = {
  critical: 1,
  high: 2,
  medium: 3,
  low: 4,
  informational: 5,
};

/** Bytes of one message: what a datagram holds less headers, and what receivers take by TCP. */
const MOST = { udp: 60_000, tcp: 256_000, tls: 256_000 } as const;
/** How long a receiver may take to close, in ms. */
const QUIET = 1000;

export const syslog: DestinationSpec = {
  type: "syslog",
  summary: "A syslog server, with CEF or another form as the message",
  records: true,
  settings: [
    { name: "host", kind: "text", required: true, summary: "Name or address of the server" },
    { name: "port", kind: "number", summary: "Its port; 514, by TLS 6514" },
    {
      name: "transport",
      kind: "text",
      choices: ["udp", "tcp", "tls"],
      default: "tcp",
      summary: "By UDP nobody learns whether it arrived",
    },
    {
      name: "form",
      kind: "text",
      choices: RECORD_FORMS,
      default: "cef",
      summary: "What the message is",
    },
    {
      name: "facility",
      kind: "text",
      choices: FACILITIES,
      default: "local0",
      summary: "Facility of the messages",
    },
    { name: "app_name", kind: "text", default: "picket", summary: "Name of the program" },
    CA,
  ],
  async make(settings, context) {
    const transport = (settings.text("transport") ?? "tcp") as keyof typeof MOST;
    const host = required(settings, "host");
    if (/[\s/:@]/.test(host) && net.isIP(host) === 0) {
      throw new SettingError("host", `"${host}" is no name of a host; the port is a setting`);
    }
    const port = settings.number("port") === undefined
      ? transport === "tls" ? 6514 : 514
      : whole(settings, "port", 1, 65_535);
    const target = { host, port, tls: transport === "tls", ca: await certificates(settings) };
    const form = settings.text("form") ?? "cef";
    const facility = FACILITIES.indexOf(settings.text("facility") ?? "local0");
    const appName = syslogName(settings.text("app_name") ?? "picket", 48);
    const send = transport === "udp" ? sendUdp : sendTcp;
    return {
      async deliver(notification, signal): Promise<Outcome> {
        try {
          signal.throwIfAborted();
          const header = { facility, appName, host: context.host, most: MOST[transport] };
          const messages = messagesOf(notification, form, header);
          await send(context, target, messages, signal);
          return { state: "delivered" };
        } catch (error) {
          if (error instanceof AddressRefused) return { state: "rejected", reason: error.message };
          return { state: "retry", reason: reasonOf(error, signal) };
        }
      },
      close: () => Promise.resolve(),
    };
  },
};

interface Header {
  readonly facility: number;
  readonly appName: string;
  readonly host: string;
  readonly most: number;
}

/** Characters that texts of an alert are cut to where the whole is longer than the transport takes. */
const SHORTER = [2000, 500, 100, 40];

function messagesOf(notification: Notification, form: string, header: Header): Uint8Array[] {
  const render = (n: Notification) => recordsOf(n, form, header.host);
  return render(notification).map((record, i) => {
    let bytes = message(record, record.text, header);
    for (const most of SHORTER) {
      if (bytes.length <= header.most) return bytes;
      bytes = message(record, render(shortened(notification, most))[i].text, header);
    }
    if (bytes.length <= header.most) return bytes;
    // Of many fields, not of long ones. A character is at most three bytes for each UTF-16 unit.
    return message(record, cut(record.text, Math.floor(header.most / 3) - 200), header);
  });
}

/** `<PRI>1 TIME HOST APP - MSGID [origin …] MESSAGE` */
function message({ time, alert }: FormRecord, text: string, header: Header): Uint8Array {
  const severity = alert === null ? 4 : SEVERITY[alert.severity];
  const head = [
    `<${header.facility * 8 + severity}>1`,
    new Date(time).toISOString(),
    syslogName(header.host, 255),
    header.appName,
    "-",
    syslogName(alert?.rule ?? "health", 32),
    `[origin software="Picket" swVersion="${syslogParameter(VERSION)}"]`,
    text,
  ].join(" ");
  return new TextEncoder().encode(head);
}

async function sendUdp(
  context: DestinationContext,
  { host, port }: SocketTarget,
  messages: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  const address = await context.resolve(host);
  signal.throwIfAborted();
  const six = net.isIP(address) === 6;
  const any = six ? "::" : "0.0.0.0";
  // To a server of this machine, no port is opened that others reach.
  const hostname = address === "::1" || address.startsWith("127.") ? address : any;
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  try {
    for (const bytes of messages) {
      await socket.send(bytes, { transport: "udp", hostname: address, port });
    }
  } finally {
    socket.close();
  }
}

async function sendTcp(
  context: DestinationContext,
  target: SocketTarget,
  messages: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  // A connection for each notification: what is written into one that the receiver has left is lost.
  const socket = await openSocket(context, target, signal);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once("close", () => resolve());
  socket.resume();
  for (const bytes of messages) {
    socket.write(`${bytes.length} `);
    socket.write(bytes);
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  // From here on the receiver has taken all into its buffer; what is left is to learn of a refusal.
  socket.end(() => timer = setTimeout(resolve, QUIET));
  try {
    await promise;
    signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
