/** Lines of a mail.log as Postfix and Dovecot write them through syslog. */
import { syslogTime } from "./auth.ts";
import type { Random } from "./random.ts";

/** Writes what the mail server of one host logs; times are epoch ms. */
export class MailLog {
  constructor(
    readonly random: Random,
    readonly host: string,
    readonly emit: (time: number, text: string) => void,
  ) {}

  /** A message that comes in and is delivered. */
  delivered(time: number, src: string, from: string, to: string) {
    const id = this.random.int(0x10000000, 0xffffffff).toString(16).toUpperCase();
    this.#write(time, "postfix/smtpd[911]", `${id}: client=unknown[${src}]`);
    this.#write(
      time,
      "postfix/qmgr[812]",
      `${id}: from=<${from}>, size=${this.random.int(900, 90_000)}, nrcpt=1 (queue active)`,
    );
    this.#write(
      time + 1000,
      "postfix/local[913]",
      `${id}: to=<${to}>, relay=local, delay=1.1, delays=0.6/0/0/0.5, dsn=2.0.0, status=sent (delivered to mailbox)`,
    );
  }

  /** Somebody fetches mail. */
  login(time: number, src: string, user: string, good: boolean) {
    const session = this.random.int(0, 2 ** 40).toString(36);
    this.#write(
      time,
      "dovecot",
      good
        ? `imap-login: Login: user=<${user}>, method=PLAIN, rip=${src}, lip=192.0.2.3, mpid=${
          this.random.int(1000, 30_000)
        }, TLS, session=<${session}>`
        : `imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<${user}>, method=PLAIN, rip=${src}, lip=192.0.2.3, TLS, session=<${session}>`,
    );
  }

  /** A recipient that is refused, with the reply. */
  refused(time: number, src: string, reply: string, to: string) {
    this.#write(
      time,
      "postfix/smtpd[911]",
      `NOQUEUE: reject: RCPT from unknown[${src}]: ${reply}; from=<a@example.net> to=<${to}> proto=ESMTP helo=<x>`,
    );
  }

  #write(time: number, program: string, text: string) {
    this.emit(time, `${syslogTime(time)} ${this.host} ${program}: ${text}`);
  }
}
