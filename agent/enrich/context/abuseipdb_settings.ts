/** What holds where `abuseipdb:` says nothing else; apart, so that reading settings loads no client. */

export const ABUSEIPDB_URL = "https://api.abuseipdb.com/api/v2/check";

/** Checks of a day that a free account has. */
export const DAILY = 1000;
