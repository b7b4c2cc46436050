public import Events
public import Logging

extension Correlation {
  /// The fields of a log line about this work: `labels.correlation_id`, `http.request.id`,
  /// `labels.causation_id`, `trace.id`, `span.id`.
  ///
  /// ```swift
  /// logger.info("charging", metadata: correlation.logFields)
  /// ```
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

extension Logger {
  /// A logger whose lines belong to this work, unless they name other work themselves.
  func belonging(to work: Correlation) -> Logger {
    var logger = self
    for field in ["labels.correlation_id", "trace.id"] {
      logger[metadataKey: field] = work.logFields[field]
    }
    return logger
  }
}
