// `npm run services`: which engines have to run beside this state of the project, for its tests and for itself.
// The embedded PostgreSQL is the only one; it comes with `npm ci`, and who needs it starts it. So there is nothing to do.
console.log(
  'PostgreSQL 18: embedded, installed with the dependencies, started and stopped by the hosts and the tests.',
)
console.log('No other engine is needed.')
