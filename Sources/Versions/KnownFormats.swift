// The text formats of the types that every event has.

import Events
public import Runtime

extension Identifier: FormattedText {
  /// The text form of a UUID.
  public static let format = TextFormat(
    "uuid", meaning: "a UUID; those of this system are of version 7", schemaFormat: "uuid",
    pattern: "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    examples: [
      "019e0c5a-7b00-7001-8001-000000000001", "00000000-0000-0000-0000-000000000000",
      "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    ])
}

extension Timestamp: FormattedText {
  /// A time of RFC 3339, in UTC.
  public static let format = TextFormat(
    "time", meaning: "a time of RFC 3339, in UTC", schemaFormat: "date-time",
    examples: ["2026-05-17T12:00:00Z", "1970-01-01T00:00:00Z", "2026-05-17T12:00:00.123456Z"])
}
