import HTTPTypes

extension HTTPField.Name {
  /// The host that the client asked.
  static let host = HTTPField.Name.known("Host")
  /// The id of the request, which the client may choose.
  static let requestID = HTTPField.Name.known("X-Request-ID")
  /// The key under which a client may send the same command again.
  static let idempotencyKey = HTTPField.Name.known("Idempotency-Key")
  /// Whether the response is that of an earlier, equal command.
  static let idempotencyReplayed = HTTPField.Name.known("Idempotency-Replayed")
  /// The place of the request in a distributed trace.
  static let traceParent = HTTPField.Name.known("traceparent")
  /// The position of the last event that a client of a stream has.
  static let lastEventID = HTTPField.Name.known("Last-Event-ID")
  /// Whether a proxy may collect a response before it passes it on.
  static let accelBuffering = HTTPField.Name.known("X-Accel-Buffering")
  /// What tracing systems keep beside that place.
  static let traceState = HTTPField.Name.known("tracestate")
  /// Whether a browser sends the request for a page of the same origin, site, or another one.
  static let secFetchSite = HTTPField.Name.known("Sec-Fetch-Site")
  /// The address of what comes next (RFC 8288).
  package static let link = HTTPField.Name.known("Link")
  static let referrerPolicy = HTTPField.Name.known("Referrer-Policy")
  static let crossOriginOpenerPolicy = HTTPField.Name.known("Cross-Origin-Opener-Policy")

  /// A name written in this file, which is valid.
  private static func known(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return name
  }
}
