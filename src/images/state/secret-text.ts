/** Files whose every line is a secret, or may be: password hashes, private keys, tokens. */
const secretPaths =
  /(^|\/)(g?shadow-?|.*\.(key|pem|p12|pfx|age|kdbx)|ssh_host_[a-z0-9]+_key|id_[a-z0-9]+|\.?(netrc|pgpass|htpasswd|vault_pass)|.*(token|secret|passwd\.db|credentials?)s?|krb5\.keytab|authkey)$|^etc\/wireguard\//i;
/** `password = x`, `psk="x"`, `PrivateKey = x`, `"token": "x"`: the name of the value says it. */
const secretValue =
  /((?:pass(?:word|wd|phrase)?|secret|token|psk|(?:private|preshared|api|access)[_-]?key|wpa_passphrase|credential)[\w-]*["']?\s*[:=]\s*)(?!\s*$).+$/i;
/** `$6$salt$hash` and the like (crypt(5)), and the lines of a key in PEM. */
const secretAnywhere = /\$(?:[0-9][a-z]?|y|gy|argon2id?|2[aby])\$[^\s:'"]+|[A-Za-z0-9+/]{60,}={0,2}/g;
/** In a URL, before the host. */
const inUrl = /(:\/\/[^\s:@/]+:)[^\s@/]+@/g;

const hidden = "********";

/** Whether nothing of this file is shown to anybody. Public keys and certificates of authorities are nobody's secret. */
export function isSecretFile(path: string): boolean {
  return secretPaths.test(path) && !/^(etc\/(ssl\/certs|apk\/keys|ca-certificates)|usr\/share)\//.test(path);
}

/** A line without what looks like a secret in it. Too much rather than too little is hidden. */
export function maskedLine(line: string): string {
  const [, before] = secretValue.exec(line) ?? [];
  const named = before === undefined ? line : line.replace(secretValue, () => `${before}${hidden}`);
  return named.replaceAll(secretAnywhere, hidden).replaceAll(inUrl, (_, user: string) => `${user}${hidden}@`);
}
