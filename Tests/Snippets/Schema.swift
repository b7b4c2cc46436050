import Events
import Schema

/// Reads a captured order, and prices it from its own promise, as Alpha does.
func total(ofOrderIn record: Record) throws -> Money? {
  let captured = try OrderCaptured.read(record)
  // Version 1 of the event has no promise.
  guard let promise = captured.data.promise else { return nil }
  return try Pricing(price: captured.data.price, promise: promise).total
}
