import type { Seams } from 'archipel'
import { z } from 'zod'

/** Planted bugs of the ways in: who gets what, and what a single request may cost. */
type Transport = ReturnType<NonNullable<Seams['transport']>>
type Request = Parameters<Transport['call']>[0]

const Keys = z.object({ keys: z.array(z.unknown()) })
const Searched = z.object({ search: z.string() })

/** An id that nobody can guess is taken for permission enough. */
export function showsWhoeverKnowsTheId(local: Transport): Transport {
  const asSupport = (request: Request): Request => {
    const { principal } = request.metadata
    if (!principal || !['getOrder', 'watchOrder'].includes(request.operation)) return request
    const trusted = { ...principal, roles: [...principal.roles, 'support'] }
    return { ...request, metadata: { ...request.metadata, principal: trusted } }
  }
  return {
    ...local,
    call: (request, bounds) => local.call(asSupport(request), bounds),
    stream: (request, bounds) => local.stream(asSupport(request), bounds),
  }
}

/** The public half of the pair in RFC 8037, appendix A, whose private half everybody can read there. */
const KEY_OF_A_TUTORIAL = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'tutorial',
  alg: 'EdDSA',
  use: 'sig',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

export function trustsAKeyOfATutorial(local: Transport): Transport {
  return {
    ...local,
    async call(request, bounds) {
      const answer = await local.call(request, bounds)
      if (request.operation !== 'listKeys') return answer
      return { keys: [...Keys.parse(answer).keys, KEY_OF_A_TUTORIAL] }
    },
  }
}

/** Long enough to hold everybody up for seconds, and not for the rest of the day. */
const LONGEST_SEARCHED = 80

/** Matches by an expression that tries every way to divide a word in five, at every sign. */
export function searchesByBacktracking(local: Transport): Transport {
  return {
    ...local,
    call(request, bounds) {
      const asked = Searched.safeParse(request.input)
      if (request.operation === 'listProducts' && asked.success)
        /\w*\w*\w*\w*\w*@\w+/.test(asked.data.search.slice(0, LONGEST_SEARCHED))
      return local.call(request, bounds)
    },
  }
}
