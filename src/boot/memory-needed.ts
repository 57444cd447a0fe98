/** Of an image, what decides how much memory a machine needs to start it. */
export type WeighedImage = Readonly<{
  kernel: Readonly<{ sizeBytes: number }>;
  initrds: readonly Readonly<{ sizeBytes: number }>[];
}>;

/** What users of other netboot servers found out: packed in the loader and unpacked in the kernel at the same time. */
const initrdFactor = 2.5;

/** An estimate, not a measurement; `userlandBytes` is what the system takes beside it once it runs. */
export function memoryNeeded({ kernel, initrds }: WeighedImage, userlandBytes = 0): number {
  const packed = initrds.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return kernel.sizeBytes + initrdFactor * packed + userlandBytes;
}
