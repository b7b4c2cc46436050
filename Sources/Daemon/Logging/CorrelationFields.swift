public import Events
public import Logging

extension Correlation {
  /// The fields of a log line about this work: `labels.correlation_id`, `http.request.id`,
  /// `labels.causation_id`, `trace.id`, `span.id`.
  ///
  /// A line of the work that is `Correlation.current` has them without being given them.
  public var logFields: Logger.Metadata {
    var fields: Logger.Metadata = [
      "labels.correlation_id": "\(id)", "trace.id": "\(trace.traceID)",
      "span.id": "\(trace.spanID)",
    ]
    if let requestID { fields["http.request.id"] = "\(requestID)" }
    if let causationID { fields["labels.causation_id"] = "\(causationID)" }
    return fields
  }
}

extension Logger.MetadataProvider {
  /// The fields of the work that the present task does.
  static let work = Logger.MetadataProvider { Correlation.current?.logFields ?? [:] }
}

extension Logger {
  /// A logger whose lines belong to this work where no task does other work: those of event loops
  /// and of the journal's own thread.
  func belonging(to work: Correlation) -> Logger {
    var logger = self
    for field in ["labels.correlation_id", "trace.id"] {
      logger[metadataKey: field] = work.logFields[field]
    }
    return logger
  }
}
