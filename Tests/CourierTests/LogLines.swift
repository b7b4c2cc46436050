import Logging

/// Passes on each logged line: the log of a courier is a barrier for a test.
struct LogLines: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace
  let hear: @Sendable (String) -> Void

  init(_ hear: @escaping @Sendable (String) -> Void) {
    self.hear = hear
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    hear("\(event.message)")
  }
}
