/** The types of images that the shop shows. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const
export type ImageType = (typeof IMAGE_TYPES)[number]

/** How many bytes tell the type. */
export const TELLING_BYTES = 16

const BEGINNINGS: readonly (readonly [ImageType, RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
]

/** What a file is by its first bytes, whatever its sender calls it; undefined: no image that the shop shows. */
export function imageTypeOf(start: Uint8Array): ImageType | undefined {
  const text = Buffer.from(start).toString('latin1')
  return BEGINNINGS.find(([, beginning]) => beginning.test(text))?.[0]
}
