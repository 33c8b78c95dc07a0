import { expect, test } from 'vitest'
import { imageTypeOf } from './image-type.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

test.each([
  ['image/png', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
  ['image/jpeg', '\xff\xd8\xff\xe0\0\x10JFIF'],
  ['image/gif', 'GIF87a\x01\0'],
  ['image/gif', 'GIF89a\x01\0'],
  ['image/webp', 'RIFF\x24\0\n\0WEBPVP8 '],
])('%s is known by its first bytes', (type, start) => expect(imageTypeOf(bytes(start))).toBe(type))

test.each([
  '',
  '\x89PNG',
  'PNG\r\n',
  '\xff\xd8',
  'GIF90a',
  'RIFF\x24\0\0\0WAVEfmt ',
  '%PDF-1.7',
  '<svg xmlns="http://www.w3.org/2000/svg">',
  'MZ\x90\0',
  ' \x89PNG\r\n\x1a\n',
])('%j is no image', (start) => expect(imageTypeOf(bytes(start))).toBeUndefined())
