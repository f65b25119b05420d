/** Lines of the Linux audit daemon's own log. */
import type { Random } from "./random.ts";

/** Writes audit records; times are epoch ms. */
export class AuditLog {
  #serial = 1000;

  constructor(
    readonly random: Random,
    readonly emit: (time: number, text: string) => void,
  ) {}

  /** execve of a program by the user 1000, or with root's rights through its set-user-id bit. */
  run(time: number, ppid: number, pid: number, path: string, setuid = false) {
    const comm = path.split("/").at(-1);
    const [e, s] = setuid ? [0, 0] : [1000, 1000];
    this.#write(
      time,
      "SYSCALL",
      `arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=${ppid} pid=${pid} ` +
        `auid=1000 uid=1000 gid=1000 euid=${e} suid=${s} fsuid=${e} egid=1000 sgid=1000 fsgid=1000 tty=pts2 ` +
        `ses=7 comm="${comm}" exe="${path}" subj=unconfined key=(null)`,
    );
  }

  /** A program ended by a signal. */
  crash(time: number, pid: number, path: string) {
    const comm = path.split("/").at(-1);
    this.#write(
      time,
      "ANOM_ABEND",
      `auid=1000 uid=1000 gid=1000 ses=7 subj=unconfined pid=${pid} comm="${comm}" exe="${path}" sig=11 res=1`,
    );
  }

  #write(time: number, type: string, text: string) {
    const at = `${Math.floor(time / 1000)}.${String(time % 1000).padStart(3, "0")}`;
    this.emit(time, `type=${type} msg=audit(${at}:${++this.#serial}): ${text}`);
  }
}
