import Events
import Logging

/// Writes each log event as one line: JSON by the Elastic Common Schema, or text for people.
struct LineLogHandler: LogHandler {
  /// How lines look.
  enum Format: String, Sendable {
    case json
    case pretty
  }

  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  var logLevel: Logger.Level
  private let service: String
  private let format: Format
  private let output: LogOutput
  private let now: @Sendable () -> Timestamp

  init(
    service: String, level: Logger.Level, format: Format, output: LogOutput,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.service = service
    self.format = format
    self.output = output
    self.now = now
    logLevel = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
      .merging(event.metadata ?? [:]) { $1 }
    let fields = LogFields(event, metadata: all, service: service, time: now())
    switch format {
    case .json: output.line(fields.json)
    case .pretty: output.line(fields.pretty(inColor: output.isTerminal))
    }
  }
}

extension Logger {
  /// The logger of a daemon.
  static func daemon(
    _ configuration: ServiceConfiguration, surroundings: Surroundings, output: LogOutput
  ) -> Logger {
    let level = Logger.Level(rawValue: configuration.string("log.level")) ?? .info
    let automatic: LineLogHandler.Format = output.isTerminal ? .pretty : .json
    let handler = LineLogHandler(
      service: configuration.service, level: level,
      format: .init(rawValue: configuration.string("log.format")) ?? automatic, output: output,
      now: surroundings.now)
    return Logger(label: configuration.service) { _ in handler }
  }
}
