/** How the serial console shows that an image is up and waits for a person, by the image's recipe. */
export const userlandReady: Readonly<Record<"rescue" | "debian-installer", RegExp>> = {
  rescue: /\blogin: $/,
  // The installer's first question that its preseed file leaves open.
  "debian-installer": /Choose the next step in the install process:|Prompt: '\?' for help/,
};
