export { component } from './component.ts'

export type { Component, Lifecycle } from './component.ts'
