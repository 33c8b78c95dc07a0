import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isArchipelError } from '../../errors/index.ts'
import { parseStrictJson } from './strict-json.ts'

function refusal(bytes: Uint8Array | string): unknown {
  try {
    parseStrictJson(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    return 'accepted'
  } catch (error) {
    const ours = isArchipelError(error) && ['ARC_BODY_MALFORMED', 'ARC_INPUT_INVALID'].includes(error.code)
    return ours ? error.details?.['issues'] : error
  }
}

describe('strict JSON', () => {
  test.each([
    ['{}'],
    ['[1,2,{"a":{"a":[{"a":1},{"a":1}]}}]'],
    ['{"a:b":"x:y","c\\"d":"\\\\","e":"\\u00e9:\\uD83D\\uDE00"}'],
    [' {"constructor": 1, "prototype": {}} '],
    ['"text"'],
    ['{"1":1,"0":2}'],
  ])('reads %s as JSON.parse does', (text) => {
    expect(parseStrictJson(Buffer.from(text))).toEqual(JSON.parse(text))
  })

  test.each([
    ['a name twice', '{"a":1,"b":{"c":[0,{"d":1,"d":2}]}}', 'b.c[1].d'],
    ['a name twice, once escaped', '{"role":1,"\\u0072ole":2}', 'role'],
    ['__proto__', '{"x":[{"__proto__":{"admin":true}}]}', 'x[0].__proto__'],
    ['__proto__ in escapes', '{"\\u005f_proto__":{}}', '__proto__'],
    ['constructor.prototype', '{"constructor":{"prototype":{"x":1}}}', 'constructor'],
    ['a number beyond the range', '{"n":1e999}', 'n'],
    ['half of a surrogate pair', '{"n":"\\ud800"}', 'n'],
    ['U+0000, which no text of a database holds', '{"n":"\\u0000"}', 'n'],
  ])('refuses %s and says where', (_case, text, path) => {
    expect(refusal(text)).toEqual([{ path, message: expect.any(String) }])
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  test('says of U+0000 what every other way in says: it is JSON, and no input', () => {
    for (const text of ['{"n":"\\u0000"}', '{"a\\u0000":1}'])
      expect(() => parseStrictJson(Buffer.from(text))).toThrow(
        expect.objectContaining({ code: 'ARC_INPUT_INVALID' }),
      )
  })

  test.each<[string, Uint8Array | string]>([
    ['broken JSON', '{"a":'],
    ['nothing', ''],
    ['two values', '{}{}'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{}//'],
    ['single quotes', "{'a':1}"],
    ['NaN', '{"a":NaN}'],
    ['a byte order mark', '\ufeff{}'],
    ['NUL', '{"a":"\0"}'],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a raw surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a text without its end', '"abc\\"'],
    ['depth 100,000', '['.repeat(100_000)],
    ['depth 33', `${'['.repeat(33)}${']'.repeat(33)}`],
    ['too many members', `{${Array.from({ length: 20_001 }, (_, index) => `"${index}":0`).join()}}`],
  ])('refuses %s', (_case, bytes) => {
    expect(refusal(bytes)).toEqual([{ path: '', message: expect.any(String) }])
  })

  test('reads whatever JSON.stringify writes, and never a text with one name doubled', () => {
    const honest = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value))
    const readable = honest.filter((text) => !/__proto__|"constructor":\{|\\ud[89a-f]/i.test(text))
    fc.assert(
      fc.property(readable, fc.string({ unit: 'grapheme-ascii' }), (text, name) => {
        expect(parseStrictJson(Buffer.from(text))).toEqual(JSON.parse(text))
        const member = `${JSON.stringify(name)}:${text}`
        expect(refusal(`{"a":[{${member},${member}}]}`)).not.toBe('accepted')
      }),
    )
  })

  test('takes time linear in the length', () => {
    const hostile = [
      `"${'\\\\'.repeat(400_000)}"`,
      `"${'\\"'.repeat(400_000)}"`,
      `[${'"\\u005f",'.repeat(80_000)}1]`,
    ]
    const start = performance.now()
    for (const text of hostile) parseStrictJson(Buffer.from(text))
    expect(performance.now() - start).toBeLessThan(1_500)
  })
})
