// Samples of whole events, one for each golden file, in the bytes of the wire.

public import Events
public import FoundationEssentials
import Runtime

extension Registry {
  /// A CloudEvent for each golden file of each version: a batch of CloudEvents 1.0.
  public var samples: JSONValue {
    .array(
      events.flatMap { event in
        event.versions.flatMap { version in
          version.golden.compactMap { (try? event.sample(of: $0)).flatMap(JSONValue.init) }
        }
      })
  }
}

extension RegisteredEvent {
  /// The body, in its form on the wire, of an event whose data is a golden file.
  ///
  /// - Throws: when the file does not decode.
  public func sample(of golden: GoldenPayload) throws -> Data {
    guard let version = self[golden.version] else { return golden.data }
    let time = Timestamp(microseconds: 1_779_019_200_123_456)
    let id = Identifier(at: time, random: 20)
    let newest = try upcast(golden.data, from: version, to: newest)
    return try Envelope(
      id: id, stream: stream, subject: try subject(newest), time: time, sequence: 1,
      schema: version.schema,
      correlation: Correlation(
        id: "request-1", requestID: "request-1", trace: TraceParent(of: id)),
      data: golden.value
    ).json()
  }
}
