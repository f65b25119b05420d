/** Lines of the dashboard's tests, made up; addresses are reserved for documentation. */

/** What an attacker would write into a log to have it run in the analyst's browser. */
export const HOSTILE = {
  src: "203.0.113.222",
  /** How a page shows the user name of one line, which would read as another. */
  user: "ad\\u{202e}nim\\u{2069}\\u{200b}\\u{61c}",
  mark: "<img src=x onerror=hacked=1>",
  lines: [
    `203.0.113.222 - - [10/Mar/2026:07:30:01 +0000] "GET /ping?host=1;cat%20/etc/passwd&x=<script>hacked=1</script> HTTP/1.1" 200 12 "-" "<svg onload=hacked=1>"`,
    `203.0.113.222 - - [10/Mar/2026:07:30:02 +0000] "GET /ping?host=1;cat%20/etc/passwd&x=<img%20src=x%20onerror=hacked=1> HTTP/1.1" 200 12 "javascript:hacked=1" "<img src=x onerror=hacked=1>"`,
    `203.0.113.222 - <img/src=x/onerror=hacked=1> [10/Mar/2026:07:30:03 +0000] "GET /p?id=1'%20OR%20'1'='1<iframe/onload=hacked=1> HTTP/1.1" 200 12 "-" "\${hacked=1}{{hacked=1}}"`,
    `203.0.113.222 - ad\u202enim\u2069\u200b\u061c [10/Mar/2026:07:30:03 +0000] "GET /p?id=1'%20OR%20'1'='1 HTTP/1.1" 200 12 "-" "\u202e"`,
    `203.0.113.222 - - [10/Mar/2026:07:30:04 +0000] "GET /a.php?f=../../../../etc/passwd<svg/onload=hacked=1> HTTP/1.1" 200 12 "-" "</pre><img src=x onerror=hacked=1>"`,
  ],
} as const;

/** An attack that comes while somebody looks. */
export const LIVE = {
  src: "198.51.100.201",
  attack: Array.from(
    { length: 8 },
    (_, i) =>
      `Mar 10 07:41:0${i} web9 sshd[2${i}]: Failed password for root from 198.51.100.201 port 4100${i} ssh2`,
  ),
} as const;
