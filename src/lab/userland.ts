import { debianInstallerFirstScreen } from "../images/debian-installer.ts";

/** How the serial console shows that an image is up and waits for a person, by the image's recipe. */
export const userlandReady: Readonly<Record<"rescue" | "debian-installer", RegExp>> = {
  rescue: /\blogin: $/,
  "debian-installer": debianInstallerFirstScreen,
};
