/**
 * What a machine boots of three: the image that is in use, the one before it, and one that is to be tried. Names are the
 * site's. Without a regular one, the site's word holds.
 */
export type Slots = Readonly<{
  regular?: string;
  old?: string;
  new?: string;
  /** The new one has had its one boot, in place of this image. */
  tried?: Readonly<{ instead?: string }>;
  /** The last one that did not report ready when it was tried. */
  failed?: string;
}>;

/** A new image is to be tried once; whatever waited for that, waits no more. */
export function deployed({ regular, old }: Slots, image: string): Slots {
  return slots({ regular, old, new: image });
}

/** The one boot of the new image begins. */
export function onTrial(state: Slots, instead: string | undefined): Slots {
  return { ...state, tried: instead === undefined ? {} : { instead } };
}

/** The new image has reported ready: it is the regular one, and what it came in place of the old one. */
export function promoted(state: Slots, image: string): Slots {
  return slots({ regular: image, old: state.tried?.instead ?? state.regular });
}

/** The new image had its boot, and nothing was heard of it. */
export function rolledBack({ regular, old, new: failed }: Slots): Slots {
  return slots({ regular, old, failed });
}

/** The old image is the regular one again; the other way round too, so that it can be taken back. */
export function swapped({ regular, old }: Slots): Slots {
  return slots({ regular: old, old: regular });
}

/** Only of images that there are. */
export function knownSlots(state: Slots, has: (image: string) => boolean): Slots {
  const known = (image: string | undefined) => (image !== undefined && has(image) ? image : undefined);
  const next = known(state.new);
  const there = slots({ ...state, regular: known(state.regular), old: known(state.old), new: next });
  return next !== undefined && state.tried ? { ...there, tried: state.tried } : there;
}

/** In words, of a machine. */
export function describeSlots({ regular, old, new: next, tried, failed }: Slots): string[] {
  return [
    ...(regular === undefined ? [] : [`its regular image is ${regular}`]),
    ...(old === undefined ? [] : [`the one before it was ${old}`]),
    ...(next === undefined
      ? []
      : [tried ? `${next} is being tried: it stays when it reports ready` : `its next boot tries ${next}`]),
    ...(failed === undefined ? [] : [`${failed} was tried, and did not report ready`]),
  ];
}

function slots(given: { [Slot in "regular" | "old" | "new" | "failed"]?: string | undefined }): Slots {
  const { regular, old, new: next, failed } = given;
  return {
    ...(regular === undefined ? {} : { regular }),
    ...(old === undefined || old === regular ? {} : { old }),
    ...(next === undefined ? {} : { new: next }),
    ...(failed === undefined ? {} : { failed }),
  };
}
