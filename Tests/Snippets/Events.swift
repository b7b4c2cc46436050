import Events

/// The temperature of a place was measured.
struct TemperatureMeasured: Event {
  static let schema = PayloadSchema("temperature.measured", version: 1, leastReader: 1)
  let place: String
  let degrees: Int
  var subject: String { place }
}

/// Reads an event as it was sent, in this version or in a newer one that this version may read.
func temperature(in record: Record) throws -> String {
  let event = try TemperatureMeasured.read(record)
  return "\(event.subject): \(event.data.degrees), \(record.topic) \(event.sequence)"
}
