/**
 * `etc/shadow` without the day on which an account was made, the third field: a build on another day is the same build.
 * Not 0, which would have the password changed at the next login (shadow(5)).
 */
export function withoutDays(shadow: string): string {
  return shadow
    .split("\n")
    .map((line) => line.replace(/^([^:]*:[^:]*:)[1-9]\d*:/, (_, front: string) => `${front}1:`))
    .join("\n");
}
