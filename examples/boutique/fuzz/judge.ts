import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Document, Target } from './document.ts'
import type { FuzzRequest } from './requests.ts'

export interface FuzzAnswer {
  readonly status: number
  readonly type: string
  /** The body as JSON where it says that it is that. */
  readonly json: unknown
  readonly text: string
}

/** Says what is wrong with an answer, by the document alone. */
export interface Judge {
  verdict(request: FuzzRequest, answer: FuzzAnswer): string | undefined
}

const DOCUMENT = 'openapi.json'

export function createJudge(document: Document): Judge {
  const ajv = new Ajv2020({ strict: false, validateFormats: true })
  addFormats.default(ajv)
  ajv.addSchema({ ...document, $id: DOCUMENT })
  const compiled = new Map<string, ValidateFunction>()

  /** Tells whether a value fits what stands at this place in the document. */
  function fits(value: unknown, place: readonly string[]): string | undefined {
    const pointer = place
      .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/')
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `${DOCUMENT}#/${pointer}` })
    compiled.set(pointer, validate)
    return validate(value) ? undefined : ajv.errorsText(validate.errors)
  }

  function verdict({ target, json }: FuzzRequest, answer: FuzzAnswer): string | undefined {
    const { status, type } = answer
    if (status >= 500) return `answered ${status}`
    const documented = target.responses[String(status)]
    if (documented === undefined) return `answered ${status}, which is not documented`
    const operation = ['paths', target.path, target.method.toLowerCase()]
    const described = Object.keys(documented.content ?? {})
    if (described.length > 0 && !described.some((one) => matches(type, one)))
      return `answered ${status} as '${type}', documented are ${described.join(', ')}`
    if (/^application\/(problem\+)?json$/.test(type)) {
      const fault = fits(answer.json, [...operation, 'responses', String(status), 'content', type, 'schema'])
      if (fault !== undefined) return `answered ${status} with a body that breaks its schema: ${fault}`
    }
    if (status < 400 && json !== undefined) {
      const fault = fits(json, [...operation, 'requestBody', 'content', 'application/json', 'schema'])
      if (fault !== undefined) return `took a body that breaks its schema: ${fault}`
    }
    return undefined
  }

  return { verdict }
}

function matches(type: string, described: string): boolean {
  return (
    described === type ||
    described === '*/*' ||
    (described.endsWith('/*') && type.startsWith(described.slice(0, -1)))
  )
}

export function nameOf({ method, path }: Target): string {
  return `${method} ${path}`
}
