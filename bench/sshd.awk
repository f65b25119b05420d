# What a careful administrator would write: from each line of sshd time, host, program, pid, user,
# address, port and action, for every kind of message that names them, and the sources that fail
# five times on one host within 60 seconds. Split on blanks; no gawk extensions.
# Run with mawk -v year=2026 -f sshd.awk FILE. The sums at the end keep the extraction honest.

BEGIN {
  split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", names, " ")
  split("0 31 59 90 120 151 181 212 243 273 304 334", days, " ")
  for (i = 1; i <= 12; i++) before[names[i]] = days[i]
}

# Seconds since the year began; good for windows within a year.
function seconds(month, day, clock) {
  return (before[month] + day) * 86400 + substr(clock, 1, 2) * 3600 + substr(clock, 4, 2) * 60 + substr(clock, 7, 2)
}

# "... USER from ADDRESS port N ...": the name from field `first` to the last "from".
function whoFrom(first,   i, at) {
  at = 0
  for (i = NF; i >= first; i--) if ($i == "from") { at = i; break }
  if (!at) return
  user = $first
  for (i = first + 1; i < at; i++) user = user " " $i
  src = $(at + 1)
  if ($(at + 2) == "port") port = $(at + 3)
}

# "key=value" of a line of PAM.
function rhost(   i) {
  for (i = 8; i <= NF; i++) {
    if (substr($i, 1, 6) == "rhost=") src = substr($i, 7)
    else if (substr($i, 1, 5) == "user=") user = substr($i, 6)
  }
}

# A ring of the last five failures of each source and host.
function count(n,   key, i, j) {
  key = src " " host
  for (i = 0; i < n; i++) {
    j = failed[key]++
    ring[key, j % 5] = time
    if (j >= 4 && time - ring[key, (j + 1) % 5] < 60 && !(key in found)) { found[key] = 1; attacks++ }
  }
}

{
  lines++
  user = src = port = action = ""
  time = seconds($1, $2, $3)
  host = $4
  bracket = index($5, "[")
  program = bracket ? substr($5, 1, bracket - 1) : substr($5, 1, length($5) - 1)
  pid = bracket ? substr($5, bracket + 1, length($5) - bracket - 2) : ""
  times = 1
  if (program != "sshd") { others++; next }

  if ($6 == "message" && $7 == "repeated") {
    times = $8 + 0
    sub(/message repeated [0-9]+ times: \[ /, "")
    sub(/\]$/, "")
  }
  if ($6 == "Failed") {
    action = ($7 == "publickey" && $9 != "invalid") ? "pending" : "failure"
    whoFrom($9 == "invalid" ? 11 : 9)
    if (action == "failure") count(times)
  } else if ($6 == "Accepted") {
    action = "success"
    whoFrom(9)
  } else if ($6 == "Invalid" || $6 == "Illegal") {
    whoFrom(8)
  } else if ($6 == "input_userauth_request:") {
    user = $9
  } else if (substr($6, 1, 4) == "pam_") {
    if ($7 == "authentication") rhost()
    else if ($7 == "session") user = $11
  } else if ($6 == "PAM") {
    if ($9 == "authentication") rhost()
  } else if ($6 == "Received" || ($6 == "error:" && $7 == "Received")) {
    i = $6 == "error:" ? 10 : 9
    src = $i
    sub(/:$/, "", src)
    if ($(i + 1) == "port") { port = $(i + 2); sub(/:.*/, "", port) }
  } else if ($6 == "Connection" || $6 == "Disconnected") {
    if ($8 == "authenticating" || $8 == "invalid" || $8 == "user") {
      i = $8 == "user" ? 9 : 10
      user = $i; src = $(i + 1); port = $(i + 3)
    } else { src = $8; if ($9 == "port") port = $10 }
  } else if ($6 == "reverse") {
    match($0, /\[[^\]]*\] failed/)
    src = substr($0, RSTART + 1, RLENGTH - 9)
  } else if ($6 == "Did") {
    src = $11
    if ($12 == "port") port = $13
  } else if ($6 == "Bad") {
    whoFrom(9)
    user = ""
  } else if ($6 == "Disconnecting:") {
    if ($11 == "for") user = $12
  } else if ($6 == "error:" && $7 == "PAM:") {
    whoFrom(11)
    action = "failure"
    count(1)
  } else if ($6 == "error:" && $7 == "maximum") {
    whoFrom(12)
  } else if ($6 == "User") {
    whoFrom(7)
  } else if ($6 == "Unable" || $7 == "Unable") {
    whoFrom($6 == "Unable" ? 9 : 10)
    user = ""
  } else unknown++

  if (user != "") users++
  if (src != "") sources++
  if (port != "") ports++
  if (action == "failure") failures += times
}

END { print lines, users, sources, ports, failures, attacks + 0, unknown + 0, others + 0 }
