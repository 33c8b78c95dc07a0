/**
 * What we use of node:http, taken as CommonJS takes it: to import the module evaluates all it exports, and with them
 * the HTTP client that Node has built in, which costs every start more than anything else that it loads.
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')
