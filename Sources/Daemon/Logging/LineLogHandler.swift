import Events
import Logging
import Runtime

/// Writes each log event as one line: JSON by the Elastic Common Schema, or text for people.
///
/// A record of journald is made of the JSON, by the ``LogSink``.
struct LineLogHandler: LogHandler {
  /// The format of lines.
  enum Format: String, Sendable {
    case json
    case pretty
  }

  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider? = .work
  /// That of the daemon, which a reload changes, unless it was set for this logger.
  var logLevel: Logger.Level {
    get { ownLevel ?? level() }
    set { ownLevel = newValue }
  }
  private var ownLevel: Logger.Level?
  private let level: @Sendable () -> Logger.Level
  private let source: LogSource
  private let format: Format
  private let output: LogOutput
  private let now: @Sendable () -> Timestamp

  init(
    _ source: LogSource, level: @escaping @Sendable () -> Logger.Level, format: Format,
    output: LogOutput, now: @escaping @Sendable () -> Timestamp
  ) {
    self.source = source
    self.format = format
    self.output = output
    self.now = now
    self.level = level
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = LogFields(
      event.level, message: event.message.description, metadata: event.metadata ?? [:],
      inherited: inherited, error: event.error, source: source, time: now())
    output.line(bytes(of: fields), isUrgent: event.level == .critical)
  }

  /// The line, with its time, that reports dropped lines.
  func dropped(_ count: Int) -> [UInt8] {
    let fields = LogFields(
      .warning,
      message: """
        \(count) log lines were dropped here: the reader of the log did not take them. Look at the \
        reader, and at the disk that it keeps the log on.
        """,
      metadata: [
        "event.action": "log-dropped", "labels.dropped_lines": .stringConvertible(count),
      ], inherited: inherited, source: source, time: now())
    return bytes(of: fields)
  }

  /// The metadata of each line that does not have its own.
  private var inherited: Logger.Metadata {
    guard let provided = metadataProvider?.get() else { return metadata }
    return metadata.merging(provided) { $1 }
  }

  private func bytes(of fields: LogFields) -> [UInt8] {
    switch format {
    case .json: fields.json
    case .pretty: fields.pretty(inColor: output.hasColor)
    }
  }
}

extension Logger {
  /// The logger of a daemon.
  ///
  /// - Parameters:
  ///   - configuration: the effective configuration.
  ///   - runtime: the clock of the lines.
  ///   - output: the place of the lines.
  ///   - program: the name of the daemon in journald: `alphad`.
  ///   - journald: the socket of journald.
  static func daemon(
    _ configuration: CurrentConfiguration, runtime: RuntimeContext, output: LogOutput,
    program: String? = nil, journald: String = JournaldSocket.systemPath
  ) -> Logger {
    let form = configuration[LogKeys.format].form(for: output)
    if form == .journal {
      output.sendRecords(to: JournaldSocket(journald), as: program ?? configuration.service)
    }
    let handler = LineLogHandler(
      LogSource(service: configuration.service), level: { configuration.logLevel },
      format: form == .pretty ? .pretty : .json, output: output, now: runtime.now)
    output.reportDropped(handler.dropped)
    return Logger(label: configuration.service) { _ in handler }
  }
}

extension LogKeys.Format {
  /// The form of the lines of an output: never automatic.
  fileprivate func form(for output: LogOutput) -> LogKeys.Format {
    guard self == .automatic else { return self }
    return output.isTerminal ? .pretty : output.isJournald ? .journal : .json
  }
}
