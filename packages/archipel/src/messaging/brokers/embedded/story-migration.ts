/**
 * The log is looked through by key and by request, for the story of one thing. Identifiers that rise cost each index a
 * microsecond an event, on its last page. Tables of events that are kept for a time only do without.
 */
export const STORY = `
create index log_by_key on archipel_bus.log (key, position);
create index log_by_correlation on archipel_bus.log ((event ->> 'correlationId'), position);
`
